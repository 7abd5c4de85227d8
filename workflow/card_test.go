package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACardIsCalledForOnce(t *testing.T) {
	a := applicationIn(Shipped)
	a.Card = Card{}
	n := next(t, a, CardRequested{Actor: by(member), At: noon})
	require.Equal(t, []Effect{{Kind: ShowCard, Lane: CardLane(sample), Priority: ForPeople, NotBefore: noon}}, n.Effects)
	noNews(t, n.Application, CardRequested{Actor: by(another), At: noon})

	routine := next(t, a, CardRequested{At: noon})
	require.Equal(t, Routine, routine.Effects[0].Priority, "nobody is watching")
}

func TestTheFirstSightOfACardLetsItsRepliesGo(t *testing.T) {
	a := applicationIn(Pending)
	a.Card = Card{Wanted: true}
	shown := PostShown{At: noon, Channel: "C0SAMPLES", TS: "1.000001", Hash: "h1", Link: "https://example.com/1"}
	n := next(t, a, shown)
	require.Equal(t, Card{Wanted: true, Post: Post{Channel: "C0SAMPLES", TS: "1.000001", Hash: "h1", Link: "https://example.com/1"}}, n.Application.Card)
	require.Equal(t, []Lane{ThreadLane(sample)}, n.Wake)
	require.Empty(t, n.Effects)
	noNews(t, n.Application, shown)

	repainted := shown
	repainted.Hash, repainted.Link = "h2", ""
	again := next(t, n.Application, repainted)
	require.Equal(t, "h2", again.Application.Card.Hash)
	require.Equal(t, "https://example.com/1", again.Application.Card.Link, "an empty link is none")
	require.Empty(t, again.Wake)
}

func TestACardsLinkIsKeptThoughItLooksTheSame(t *testing.T) {
	a := applicationIn(Pending)
	e := PostShown{At: noon, Channel: a.Card.Channel, TS: a.Card.TS, Hash: a.Card.Hash, Link: "https://example.com/1"}
	require.Equal(t, "https://example.com/1", after(t, a, e).Card.Link)
}

// lose has Slack say that the card is gone.
func lose(a Application) PostLost {
	return PostLost{At: noon, TS: a.Card.TS, Failure: Failure{Message: "message_not_found"}}
}

func TestALostCardIsPostedAnewWhereItIsCalledFor(t *testing.T) {
	a := applicationIn(Shipped)
	a = after(t, a, lose(a))
	require.True(t, a.Card.Lost)
	n := next(t, a, CardRequested{Actor: by(member), At: noon})
	require.Equal(t, Card{Wanted: true}, n.Application.Card, "nothing of the old one is left")
	require.Equal(t, []EffectKind{ShowCard}, kinds(n))
	shown := next(t, n.Application, PostShown{At: noon, Channel: "C0SAMPLES", TS: "2.000001", Hash: "hash"})
	require.True(t, shown.Application.Card.Posted())
	require.Equal(t, []Lane{ThreadLane(sample)}, shown.Wake)
}

func TestALostCardIsNotWrittenToAnyMore(t *testing.T) {
	a := applicationIn(Shipped)
	a = after(t, a, lose(a))
	require.False(t, a.Card.Posted())
	require.Empty(t, kinds(next(t, a, report(a, StatusContentPending, noon))))
}

func TestALostCardIsPostedAnewAtOnceWhileItsRequestIsInReview(t *testing.T) {
	for _, s := range reviewing {
		a := applicationIn(s)
		n := next(t, a, lose(a))
		require.Equal(t, Card{Wanted: true}, n.Application.Card, s)
		require.Equal(t, []EffectKind{ShowCard}, kinds(n), s)
	}
}

func TestARequestThatReturnsToReviewHasACardThoughItWasLost(t *testing.T) {
	a := applicationIn(AwaitingShipment)
	a = after(t, a, lose(a))
	n := next(t, a, report(a, StatusPending, noon.Add(time.Hour)))
	require.Equal(t, Card{Wanted: true}, n.Application.Card)
	require.Equal(t, []EffectKind{ShowCard, Reply}, kinds(n))
	require.True(t, n.Effects[1].Parked)
}

func TestTheLossOfAnEarlierCardSaysNothingOfThePresentOne(t *testing.T) {
	a := applicationIn(Pending)
	earlier := lose(a)
	a = after(t, a, earlier)
	a = after(t, a, PostShown{At: noon, Channel: "C0SAMPLES", TS: "2.000001", Hash: "hash"})
	noNews(t, a, earlier)
}

func TestRepliesAreParkedUntilTheCardIsPosted(t *testing.T) {
	for _, posted := range []bool{false, true} {
		a := applicationIn(Sending)
		if !posted {
			a.Card = Card{Wanted: true}
		}
		for _, e := range next(t, a, Confirmed{At: noon, Verdict: Approve}).Effects {
			require.Equal(t, e.Kind == Reply && !posted, e.Parked)
		}
	}
}

func TestNothingIsSaidWhereThereIsNoCard(t *testing.T) {
	a := applicationIn(Shipped)
	a.Card = Card{}
	require.Empty(t, next(t, a, report(a, StatusContentPending, noon)).Effects)
}

func TestWhatNobodyHasSeenHasNoCard(t *testing.T) {
	for _, e := range []Event{
		CardRequested{Actor: by(member), At: noon}, PostShown{At: noon, TS: "1.000001"}, PostLost{At: noon},
		OriginFound{At: noon, Collab: Collab{Known: true}},
	} {
		noNews(t, Application{Key: sample}, e)
	}
}
