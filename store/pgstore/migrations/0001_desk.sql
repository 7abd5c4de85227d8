-- The first schema. Names are compared byte by byte, so every column that is one has the collation "C". The whole of each
-- thing is in its record; the other columns are what it is found by, and what people filter on. Text that is shown has
-- the replacement character in place of zero bytes, which PostgreSQL does not take; records have them as \u0000.

CREATE TABLE desk_schema (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version integer NOT NULL,
  oldest integer NOT NULL
);
COMMENT ON TABLE desk_schema IS 'Which schema this is, in one row. Migrations lock it.';
COMMENT ON COLUMN desk_schema.version IS 'the number of the last migration';
COMMENT ON COLUMN desk_schema.oldest IS 'the oldest schema whose desks may go on beside it';

CREATE TABLE authorisations (
  open_id text COLLATE "C" PRIMARY KEY,
  record json NOT NULL
);
COMMENT ON TABLE authorisations IS 'TikTok''s authorisations. Their tokens are sealed with the key of the desk.';

CREATE TABLE apps (
  name text COLLATE "C" PRIMARY KEY,
  record json NOT NULL
);
COMMENT ON TABLE apps IS 'Apps at TikTok Shop, each with its sealed secret. The empty name is the app of the environment.';

CREATE TABLE shops (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  region text NOT NULL,
  seen_at timestamptz,
  disconnected_at timestamptz,
  record json NOT NULL
);
COMMENT ON TABLE shops IS 'The shops and their settings.';
COMMENT ON COLUMN shops.disconnected_at IS 'since when the desk does not serve it any more; null while it does';

-- Nothing that changes is indexed here, so that a change stays on its page: listings are in places.
CREATE TABLE applications (
  shop text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  status text NOT NULL,
  stage text NOT NULL,
  phase text NOT NULL,
  verdict text NOT NULL,
  reason text NOT NULL,
  decided_by text NOT NULL,
  decided_at timestamptz,
  looked_at_by text NOT NULL,
  creator text NOT NULL,
  username text NOT NULL,
  nickname text NOT NULL,
  product text NOT NULL,
  product_title text NOT NULL,
  sku text NOT NULL,
  campaign text NOT NULL,
  order_id text NOT NULL,
  tracking text NOT NULL,
  seen_at timestamptz,
  changed_at timestamptz,
  review_by timestamptz,
  ship_by timestamptz,
  content_at timestamptz,
  stamp bigint NOT NULL,
  record json NOT NULL,
  PRIMARY KEY (shop, id)
) WITH (fillfactor = 60);
COMMENT ON TABLE applications IS 'Requests for samples: what TikTok reported last, and what the team decided.';
COMMENT ON COLUMN applications.status IS 'TikTok''s word for where it stands';
COMMENT ON COLUMN applications.stage IS 'the desk''s word for it, as it is on screen';
COMMENT ON COLUMN applications.phase IS 'how far the decision has come: queued, sending, unclear, refused, confirmed; empty without one';
COMMENT ON COLUMN applications.verdict IS 'APPROVE or REJECT; empty without a decision of this desk';
COMMENT ON COLUMN applications.reason IS 'of a rejection: NOT_MATCH, OFFLINE, OUT_OF_STOCK, OTHER';
COMMENT ON COLUMN applications.decided_by IS 'the Slack user who decided';
COMMENT ON COLUMN applications.looked_at_by IS 'the Slack user who said that they look at it';
COMMENT ON COLUMN applications.creator IS 'the desk''s key of the creator';
COMMENT ON COLUMN applications.username IS 'the creator''s handle';
COMMENT ON COLUMN applications.campaign IS 'the id of its campaign; empty for none';
COMMENT ON COLUMN applications.seen_at IS 'when the desk first saw it';
COMMENT ON COLUMN applications.changed_at IS 'when its state last changed';
COMMENT ON COLUMN applications.review_by IS 'until when it has to be reviewed';
COMMENT ON COLUMN applications.ship_by IS 'until when it has to be shipped';
COMMENT ON COLUMN applications.stamp IS 'a digest of the record';

CREATE TABLE places (
  listing text COLLATE "C" NOT NULL,
  sort text COLLATE "C" NOT NULL,
  shop text COLLATE "C" NOT NULL,
  application text COLLATE "C" NOT NULL,
  PRIMARY KEY (listing, sort)
);
COMMENT ON TABLE places IS 'Where applications stand in the listings that people see, such as a shop''s queue.';

CREATE TABLE counts (
  listing text COLLATE "C" NOT NULL,
  part text COLLATE "C" NOT NULL,
  n bigint NOT NULL,
  folded boolean NOT NULL DEFAULT false
);
CREATE INDEX counts_listing ON counts (listing, part);
CREATE INDEX counts_unfolded ON counts (listing, part) WHERE NOT folded;
COMMENT ON TABLE counts IS 'How many there are of something (of a listing, of members at a stage, of what rules count), as differences to be added up: whoever changes a number adds a row, so that nobody waits for anybody. They are folded into one every few seconds.';

CREATE TABLE facts (
  shop text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  line text COLLATE "C" NOT NULL,
  application text COLLATE "C" NOT NULL,
  before timestamptz,
  here boolean NOT NULL,
  span integer NOT NULL,
  orders bigint NOT NULL,
  untold boolean NOT NULL,
  PRIMARY KEY (shop, at, line, application)
);
CREATE INDEX facts_again ON facts (shop, at) WHERE before IS NOT NULL;
COMMENT ON TABLE facts IS 'What each application adds to the figures.';
COMMENT ON COLUMN facts.line IS 'the line of the figures, a letter each';
COMMENT ON COLUMN facts.before IS 'when the application had got into the line before; null: never';
COMMENT ON COLUMN facts.here IS 'of a decision: made at this desk';
COMMENT ON COLUMN facts.span IS 'then: how long it took, as workflow.Span counts';
COMMENT ON COLUMN facts.orders IS 'of what was posted: what has been bought through it';

CREATE TABLE figures (
  shop text COLLATE "C" NOT NULL,
  hour timestamptz NOT NULL,
  what integer NOT NULL,
  n bigint NOT NULL,
  folded boolean NOT NULL DEFAULT false
);
CREATE INDEX figures_hour ON figures (shop, hour);
CREATE INDEX figures_unfolded ON figures (shop, hour) WHERE NOT folded;
COMMENT ON TABLE figures IS 'The sums of the facts of each hour (UTC), as differences like those of counts.';
COMMENT ON COLUMN figures.what IS 'which sum: 0 to 7 the lines, 8 decided elsewhere, 9 orders, 10 untold, from 1000 on how many decisions took that span';

CREATE TABLE campaigns (
  id text COLLATE "C" PRIMARY KEY,
  shop text COLLATE "C" NOT NULL,
  name text NOT NULL,
  folded text COLLATE "C" NOT NULL,
  archived boolean NOT NULL,
  created_at timestamptz,
  record json NOT NULL,
  CONSTRAINT campaigns_name UNIQUE (shop, folded)
);
COMMENT ON TABLE campaigns IS 'Campaigns.';
COMMENT ON COLUMN campaigns.folded IS 'the name as names are compared';

CREATE TABLE members (
  campaign text COLLATE "C" NOT NULL,
  creator text COLLATE "C" NOT NULL,
  stage text COLLATE "C" NOT NULL,
  state text NOT NULL,
  username text NOT NULL,
  added_at timestamptz,
  record json NOT NULL,
  PRIMARY KEY (campaign, creator)
);
CREATE UNIQUE INDEX members_creator ON members (creator, campaign);
CREATE UNIQUE INDEX members_stage ON members (campaign, stage, creator);
COMMENT ON TABLE members IS 'Creators in campaigns.';
COMMENT ON COLUMN members.stage IS 'how far they have come, by all their applications in the campaign';

CREATE TABLE products (
  shop text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  title text NOT NULL,
  record json NOT NULL,
  PRIMARY KEY (shop, id, sku)
);
COMMENT ON TABLE products IS 'Products, with their variants (SKU), that were ever asked for.';

CREATE TABLE conversations (
  shop text COLLATE "C" NOT NULL,
  creator text COLLATE "C" NOT NULL,
  number text COLLATE "C",
  waiting text COLLATE "C",
  username text NOT NULL,
  record json NOT NULL,
  PRIMARY KEY (shop, creator)
);
CREATE UNIQUE INDEX conversations_number ON conversations (shop, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX conversations_waiting ON conversations (shop, waiting) WHERE waiting IS NOT NULL;
COMMENT ON TABLE conversations IS 'What is known of the exchange with each creator.';
COMMENT ON COLUMN conversations.number IS 'TikTok''s id of the conversation; null until it is known';
COMMENT ON COLUMN conversations.waiting IS 'orders those that wait for an answer, the longest first; null for those that do not';

CREATE TABLE templates (
  shop text COLLATE "C" PRIMARY KEY,
  record json NOT NULL
);
COMMENT ON TABLE templates IS 'Each shop''s templates of messages.';

CREATE TABLE rules (
  shop text COLLATE "C" PRIMARY KEY,
  record json NOT NULL
);
COMMENT ON TABLE rules IS 'Each shop''s rules.';

CREATE TABLE listed (
  shop text COLLATE "C" NOT NULL,
  list text COLLATE "C" NOT NULL,
  creator text COLLATE "C" NOT NULL,
  username text NOT NULL,
  by text NOT NULL,
  at timestamptz,
  record json NOT NULL,
  PRIMARY KEY (shop, list, creator)
);
CREATE UNIQUE INDEX listed_creator ON listed (shop, creator, list);
COMMENT ON TABLE listed IS 'Which creators are on which of a shop''s lists.';

CREATE TABLE costs (
  shop text COLLATE "C" NOT NULL,
  product text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  amount text NOT NULL,
  currency text NOT NULL,
  record json NOT NULL,
  PRIMARY KEY (shop, product, sku)
);
COMMENT ON TABLE costs IS 'What a sample of a product and variant (SKU) costs; the empty variant stands for those without a cost of their own.';

CREATE TABLE runs (
  id text COLLATE "C" PRIMARY KEY,
  shop text NOT NULL,
  kind text NOT NULL,
  by text NOT NULL,
  at timestamptz,
  record json NOT NULL
);
COMMENT ON TABLE runs IS 'Decisions on many applications at once, imports and the like.';

CREATE TABLE notices (
  id text COLLATE "C" PRIMARY KEY,
  shop text NOT NULL,
  kind text NOT NULL,
  record json NOT NULL
);
COMMENT ON TABLE notices IS 'Messages in Slack that are edited as their subject changes.';

CREATE TABLE people (
  id text COLLATE "C" PRIMARY KEY,
  record json NOT NULL
);
COMMENT ON TABLE people IS 'What is kept of those who work with the desk.';

CREATE TABLE deliveries (
  id text COLLATE "C" PRIMARY KEY,
  day date NOT NULL
);
CREATE INDEX deliveries_day ON deliveries (day);
COMMENT ON TABLE deliveries IS 'The ids of TikTok''s deliveries of the last days, so that one that comes again is known.';

CREATE TABLE looks (
  subject text COLLATE "C" PRIMARY KEY,
  at timestamptz,
  record json NOT NULL
);
COMMENT ON TABLE looks IS 'What a webhook gave a reason to look at.';

CREATE SEQUENCE history_sequence;
CREATE TABLE history (
  shop text COLLATE "C" NOT NULL,
  application text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL DEFAULT nextval('history_sequence'),
  at timestamptz,
  event text NOT NULL,
  person text NOT NULL,
  record json NOT NULL,
  PRIMARY KEY (shop, application, sequence)
);
ALTER SEQUENCE history_sequence OWNED BY history.sequence;
COMMENT ON TABLE history IS 'What happened, application by application. What names no application is the shop''s own.';

CREATE SEQUENCE effects_sequence;
CREATE TABLE effects (
  id text COLLATE "C" NOT NULL,
  scatter integer NOT NULL,
  sequence bigint NOT NULL DEFAULT nextval('effects_sequence'),
  lane text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  priority bigint NOT NULL,
  shop text NOT NULL,
  application text NOT NULL,
  notice text NOT NULL,
  made_at timestamptz,
  not_before timestamptz,
  parked boolean NOT NULL,
  attempt bigint NOT NULL,
  begun boolean NOT NULL,
  until timestamptz,
  leased boolean NOT NULL DEFAULT false,
  wide text NOT NULL DEFAULT repeat(' ', 900),
  record json NOT NULL
) WITH (fillfactor = 50);
ALTER SEQUENCE effects_sequence OWNED BY effects.sequence;
ALTER TABLE effects ALTER COLUMN wide SET STORAGE PLAIN;
ALTER TABLE effects ADD CONSTRAINT effects_id PRIMARY KEY (id) INCLUDE (wide);
CREATE UNIQUE INDEX effects_lane ON effects (scatter, lane, sequence) INCLUDE (wide);
COMMENT ON TABLE effects IS 'The outbox: what is still to be done in Slack and at TikTok.';
COMMENT ON COLUMN effects.scatter IS 'a digest of the lane: neighbours in the index are not neighbours in the queue';
COMMENT ON COLUMN effects.wide IS 'nothing: it makes the entries of the indexes wide, so that few share a page. What PostgreSQL notes of a serializable read of an index is its page, and the outbox is small; two who read and write one page at once would be in each other''s way';
COMMENT ON COLUMN effects.lane IS 'effects of one lane go one after the other, by sequence';
COMMENT ON COLUMN effects.until IS 'until when a desk has claimed it; null: none has';
COMMENT ON COLUMN effects.leased IS 'that the claim is of an edit, which may be done twice';
COMMENT ON COLUMN effects.attempt IS 'how often it was claimed; what the record says of it is older';

CREATE TABLE dead_letters (
  at timestamptz NOT NULL,
  id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  shop text NOT NULL,
  application text NOT NULL,
  cause text NOT NULL,
  record json NOT NULL,
  PRIMARY KEY (at, id)
);
CREATE INDEX dead_letters_id ON dead_letters (id, at);
COMMENT ON TABLE dead_letters IS 'Effects that can never be delivered.';

CREATE TABLE marks (
  name text COLLATE "C" PRIMARY KEY,
  record text NOT NULL
);
COMMENT ON TABLE marks IS 'Single facts that all desks share.';

CREATE TABLE desks (
  id text COLLATE "C" PRIMARY KEY,
  schema integer NOT NULL,
  host text NOT NULL,
  version text NOT NULL,
  seen_at timestamptz,
  record json NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE desks IS 'The desks that run on this database, with their last signs of life.';
COMMENT ON COLUMN desks.schema IS 'the schema that the desk''s program knows';

CREATE TABLE turns (
  name text COLLATE "C" PRIMARY KEY,
  desk text NOT NULL,
  until timestamptz,
  done timestamptz,
  record json NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE turns IS 'Which desk does what has to be done by one at a time, and what was done last.';

CREATE TABLE budgets (
  name text COLLATE "C" PRIMARY KEY,
  filled_at timestamptz NOT NULL,
  held_until timestamptz NOT NULL,
  wait interval NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE budgets IS 'How many calls Slack and TikTok may still be asked, for all desks together.';
COMMENT ON COLUMN budgets.filled_at IS 'when the budget would be full if nothing more were taken';
COMMENT ON COLUMN budgets.wait IS 'what whoever asked last was told to wait';

CREATE TABLE changes (
  token uuid PRIMARY KEY,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  desk text NOT NULL,
  shops text[] NOT NULL,
  applications text[] NOT NULL
);
CREATE INDEX changes_transaction ON changes (transaction);
COMMENT ON TABLE changes IS 'The changes of the last minutes: by its token a desk finds out whether a commit happened whose answer was lost, and by the transaction what other desks changed.';
COMMENT ON COLUMN changes.applications IS 'those that were changed, as shop/id';

CREATE VIEW requests AS
  SELECT a.shop, s.name AS shop_name, a.id, a.stage, a.status, a.creator, a.username, a.nickname, a.product, a.product_title,
    a.sku, c.name AS campaign, a.order_id, a.tracking, a.seen_at, a.changed_at, a.review_by, a.ship_by, a.content_at
  FROM applications a LEFT JOIN shops s ON s.id = a.shop LEFT JOIN campaigns c ON c.id = a.campaign;
COMMENT ON VIEW requests IS 'For reports: every request for a sample, with the names of its shop and its campaign. Its columns stay.';

CREATE VIEW decisions AS
  SELECT a.shop, s.name AS shop_name, a.id, a.verdict, a.reason, a.phase, a.decided_by, a.decided_at, a.decided_at - a.seen_at AS took,
    a.username, a.product, a.product_title, a.stage
  FROM applications a LEFT JOIN shops s ON s.id = a.shop WHERE a.verdict <> '';
COMMENT ON VIEW decisions IS 'For reports: what was decided at the desk, by whom, and how long that took. Its columns stay.';

INSERT INTO desk_schema (version, oldest) VALUES (1, 1);
