package workflow

import "time"

// CampaignChosen adds the creator to a campaign. Seen is the campaign that the person was shown the application in.
type CampaignChosen struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Name     string
	Seen     CampaignID
}

// Kind returns OnCampaignChosen.
func (CampaignChosen) Kind() EventKind { return OnCampaignChosen }

func (e CampaignChosen) refuse(a Application, rule Rule) error {
	return Refusal{Rule: rule, Application: a, Name: e.Name}
}

func (e CampaignChosen) apply(a Application) (Next, error) {
	if a.Campaign == e.Campaign {
		return Next{Application: a}, e.refuse(a, RuleAlreadyInCampaign)
	}
	was := a.Joined
	a.Joined = Joined{By: e.Person, At: e.At, Was: a.Campaign, WasBy: was.By, WasAt: was.At, WasMember: was.Member}
	a.Campaign = e.Campaign
	a.Card.Wanted = true
	return changed(a, e.At, ForPeople).repaint(e.At).reply(Payload{Kind: KindCampaign, By: e.Person, Campaign: e.Name}), nil
}

func (e CampaignChosen) describe(_, _ Application, h *Entry) bool {
	h.Campaign = e.Campaign
	return true
}

// CampaignLeft takes a creator's application out of the campaign it was added to, back to the one before or to none.
// Seen is the campaign that the person was shown it in, and Back the one before, if that still takes creators.
type CampaignLeft struct {
	Actor
	At       time.Time
	Seen     CampaignID
	Name     string // of that campaign
	Back     CampaignID
	BackName string
}

// Kind returns OnCampaignLeft.
func (CampaignLeft) Kind() EventKind { return OnCampaignLeft }

func (e CampaignLeft) refuse(a Application, rule Rule) error {
	return Refusal{Rule: rule, Application: a, Name: e.Name}
}

func (e CampaignLeft) apply(a Application) (Next, error) {
	joined := Joined{}
	if e.Back != "" {
		joined = a.Joined.before()
	}
	a.Campaign, a.Joined = e.Back, joined
	return changed(a, e.At, ForPeople).repaint(e.At).
		reply(Payload{Kind: KindCampaign, By: e.Person, Campaign: e.Name, Left: true, Back: e.BackName}), nil
}

func (e CampaignLeft) describe(_, _ Application, h *Entry) bool {
	h.Campaign = e.Seen
	return true
}
