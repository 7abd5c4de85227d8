package workflow

// stepCard handles the events that are about the application's message in Slack and what it shows. They change no
// state, so they are not in the table.
func stepCard(a Application, e Event) (Next, bool) {
	if a.State() == Unseen {
		return Next{}, false
	}
	switch e := e.(type) {
	case CardRequested:
		return cardRequested(a, e), true
	case CardShown:
		return cardShown(a, e), true
	case CardLost:
		if e.TS != a.Card.TS {
			return Next{Application: a}, true
		}
		a.Card.Lost = true
		return changed(a, e.At, Routine).repaint(e.At), true
	case OriginFound:
		if a.Snapshot.Collab == e.Collab {
			return Next{Application: a}, true
		}
		a.Snapshot.Collab = e.Collab
		return changed(a, e.At, Routine).repaint(e.At), true
	default:
		return Next{}, false
	}
}

// cardRequested gives an application a card if it has none, and a new one in place of one that is gone from Slack.
func cardRequested(a Application, e CardRequested) Next {
	if a.Card.Wanted && !a.Card.Lost {
		return Next{Application: a}
	}
	a.Card = Card{Wanted: true}
	p := Routine
	if e.Person != "" {
		p = ForPeople
	}
	return changed(a, e.At, p).repaint(e.At)
}

// cardShown keeps where the card is, and wakes the replies that waited for it.
func cardShown(a Application, e CardShown) Next {
	was := a.Card
	a.Card.Channel, a.Card.TS, a.Card.Hash, a.Card.Bare = e.Channel, e.TS, e.Hash, e.Bare
	if e.Link != "" {
		a.Card.Link = e.Link
	}
	if a.Card == was {
		return Next{Application: a}
	}
	next := changed(a, e.At, Routine)
	if !was.Posted() && a.Card.Posted() {
		next.Wake = append(next.Wake, ThreadLane(a.Key))
	}
	return next
}
