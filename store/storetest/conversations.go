package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var conversations = []promise{
	{"A conversation is put in place of the one of the same shop and creator", showConversation},
	{"A conversation that is not there is not found", showNoConversation},
	{"A conversation's id belongs to one creator of a shop", showConversationConflict},
	{"Any number of conversations have no id yet", showConversationsWithoutID},
	{"A conversation is found by the id it has, and by none that it had", showConversationRenumbered},
	{"A conversation that was removed is gone both ways, and its id is free", showRemoveConversation},
	{"A creator who becomes known by another key takes their conversation with them", showConversationMoves},
	{"Conversations that wait come by how long, in pages, of one shop, and are counted", showWaiting},
	{"What waits follows a conversation through changes, removal and another key", showWaitingChanges},
	{"An update that fails leaves what waits as it was", showWaitingUndone},
	{"Where there is no conversation, none can be removed", showRemoveNoConversation},
}

func conversation(creator workflow.CreatorKey, id string) workflow.Conversation {
	return workflow.Conversation{Shop: theShop, Creator: creator, Shown: workflow.Creator{OpenID: "open-1"}, ID: id}
}

func putConversations(list ...workflow.Conversation) func(workflow.Tx) error {
	return each(list, workflow.Tx.PutConversation)
}

func conversationWith(shop workflow.ShopID, creator workflow.CreatorKey) func(workflow.Tx) (workflow.Conversation, error) {
	return func(tx workflow.Tx) (workflow.Conversation, error) { return tx.Conversation(shop, creator) }
}

func conversationNumbered(shop workflow.ShopID, id string) func(workflow.Tx) (workflow.Conversation, error) {
	return func(tx workflow.Tx) (workflow.Conversation, error) { return tx.ConversationNumbered(shop, id) }
}

func removeConversation(shop workflow.ShopID, creator workflow.CreatorKey) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.RemoveConversation(shop, creator) }
}

// requireMissing requires that something is not found.
func requireMissing[T any](t *testing.T, s workflow.Store, read func(workflow.Tx) (T, error)) {
	t.Helper()
	err := s.View(t.Context(), func(tx workflow.Tx) error { _, err := read(tx); return err })
	require.ErrorIs(t, err, workflow.ErrNotFound)
	require.NotErrorIs(t, err, workflow.ErrConflict)
}

func showConversation(t *testing.T, s workflow.Store) {
	one, other, elsewhere := conversation("id:1", "71"), conversation("id:2", "72"), conversation("id:1", "71")
	elsewhere.Shop = theShop + "1"
	put(t, s, putConversations(one, other, elsewhere))
	one.Shown.Nickname, one.Last = "Glow daily", workflow.MessageMark{ID: "m9", At: minute(9)}
	put(t, s, putConversations(one))
	for _, want := range []workflow.Conversation{one, other, elsewhere} {
		require.Equal(t, want, get(t, s, conversationWith(want.Shop, want.Creator)))
		require.Equal(t, want, get(t, s, conversationNumbered(want.Shop, want.ID)))
	}
}

func showNoConversation(t *testing.T, s workflow.Store) {
	put(t, s, putConversations(conversation("id:1", "71"), conversation("id:2", "")))
	requireMissing(t, s, conversationWith(theShop, "id:12"))
	requireMissing(t, s, conversationWith("another", "id:1"))
	requireMissing(t, s, conversationNumbered(theShop, "7"))
	requireMissing(t, s, conversationNumbered(theShop, "id:1"))
	requireMissing(t, s, conversationNumbered("another", "71"))
	requireMissing(t, s, conversationNumbered(theShop, ""))
}

func showConversationConflict(t *testing.T, s workflow.Store) {
	one, other := conversation("id:1", "71"), conversation("id:2", "72")
	put(t, s, putConversations(one, other))
	require.ErrorIs(t, fails(t, s, putConversations(conversation("id:3", "71"))), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, putConversations(conversation("id:2", "71"))), workflow.ErrConflict)
	require.ErrorIs(t, fails(t, s, putConversations(conversation("id:4", "74"), conversation("id:5", "74"))), workflow.ErrConflict)
	requireMissing(t, s, conversationWith(theShop, "id:3"))
	requireMissing(t, s, conversationWith(theShop, "id:4"))
	require.Equal(t, one, get(t, s, conversationNumbered(theShop, "71")))
	require.Equal(t, other, get(t, s, conversationNumbered(theShop, "72")))
}

func showConversationsWithoutID(t *testing.T, s workflow.Store) {
	one, other := conversation("id:1", ""), conversation("id:2", "")
	put(t, s, putConversations(one, other, one))
	require.Equal(t, one, get(t, s, conversationWith(theShop, "id:1")))
	require.Equal(t, other, get(t, s, conversationWith(theShop, "id:2")))
}

func showConversationRenumbered(t *testing.T, s workflow.Store) {
	put(t, s, putConversations(conversation("id:1", "")))
	for _, id := range []string{"71", "72", "72", "", "71"} {
		c := conversation("id:1", id)
		put(t, s, putConversations(c))
		require.Equal(t, c, get(t, s, conversationWith(theShop, "id:1")))
		for _, try := range []string{"71", "72"} {
			if try == id {
				require.Equal(t, c, get(t, s, conversationNumbered(theShop, try)))
			} else {
				requireMissing(t, s, conversationNumbered(theShop, try))
			}
		}
	}
	put(t, s, putConversations(conversation("id:2", "72"))) // it was let go of
	require.Equal(t, conversation("id:2", "72"), get(t, s, conversationNumbered(theShop, "72")))
}

func showRemoveConversation(t *testing.T, s workflow.Store) {
	elsewhere := conversation("id:1", "71")
	elsewhere.Shop = "another"
	put(t, s, putConversations(conversation("id:1", "71"), conversation("id:2", "72"), elsewhere))
	put(t, s, removeConversation(theShop, "id:1"))
	requireMissing(t, s, conversationWith(theShop, "id:1"))
	requireMissing(t, s, conversationNumbered(theShop, "71"))
	require.Equal(t, conversation("id:2", "72"), get(t, s, conversationNumbered(theShop, "72")))
	require.Equal(t, elsewhere, get(t, s, conversationNumbered("another", "71")))

	put(t, s, putConversations(conversation("id:3", "71")))
	require.Equal(t, conversation("id:3", "71"), get(t, s, conversationNumbered(theShop, "71")))
}

func showConversationMoves(t *testing.T, s workflow.Store) {
	put(t, s, putConversations(conversation("name:1:glow.daily", "71")))
	put(t, s, removeConversation(theShop, "name:1:glow.daily"), putConversations(conversation("id:1", "71")))
	require.Equal(t, conversation("id:1", "71"), get(t, s, conversationNumbered(theShop, "71")))
	requireMissing(t, s, conversationWith(theShop, "name:1:glow.daily"))
}

func showRemoveNoConversation(t *testing.T, s workflow.Store) {
	put(t, s, putConversations(conversation("id:1", "")))
	require.ErrorIs(t, fails(t, s, removeConversation(theShop, "id:2")), workflow.ErrNotFound)
	require.ErrorIs(t, fails(t, s, removeConversation("another", "id:1")), workflow.ErrNotFound)
	put(t, s, removeConversation(theShop, "id:1"))
	require.ErrorIs(t, fails(t, s, removeConversation(theShop, "id:1")), workflow.ErrNotFound)
}

// waitingSince is a conversation that waits since a minute.
func waitingSince(creator workflow.CreatorKey, since int) workflow.Conversation {
	c := conversation(creator, "")
	c.Waiting = workflow.WaitingAnswer{Since: minute(since), Last: workflow.MessageMark{ID: "m1", At: minute(since)}, Text: "Hello?", Count: 1}
	return c
}

// waitingOf reads all that wait in pages of a size, and requires that they are as many as are counted.
func waitingOf(t *testing.T, s workflow.Store, shop workflow.ShopID, size int) (all []workflow.CreatorKey) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		for after := ""; ; {
			list, next, err := tx.WaitingConversations(shop, after, size)
			require.NoError(t, err)
			require.LessOrEqual(t, len(list), size)
			for _, c := range list {
				require.Equal(t, shop, c.Shop)
				require.True(t, c.Waits())
				all = append(all, c.Creator)
			}
			if after = next; after == "" {
				break
			}
		}
		n, err := tx.CountWaiting(shop)
		require.NoError(t, err)
		require.Equal(t, len(all), n)
		return nil
	}))
	return all
}

func showWaiting(t *testing.T, s workflow.Store) {
	require.Empty(t, waitingOf(t, s, theShop, 9))
	elsewhere := waitingSince("id:1", 1)
	elsewhere.Shop = theShop + "1"
	put(t, s, putConversations(
		waitingSince("id:3", 30), waitingSince("id:1", 20), conversation("id:9", "79"), waitingSince("id:2", 20), waitingSince("id:4", 5), elsewhere,
	))
	want := []workflow.CreatorKey{"id:4", "id:1", "id:2", "id:3"}
	for size := range 5 {
		require.Equal(t, want, waitingOf(t, s, theShop, size+1))
	}
	require.Equal(t, []workflow.CreatorKey{"id:1"}, waitingOf(t, s, elsewhere.Shop, 9))
	require.Empty(t, waitingOf(t, s, "another", 9))
}

func showWaitingChanges(t *testing.T, s workflow.Store) {
	put(t, s, putConversations(waitingSince("id:1", 1), waitingSince("id:2", 2)))
	more := waitingSince("id:1", 3)
	more.Waiting.Text, more.Waiting.Count = "And?", 2
	put(t, s, putConversations(more, more))
	require.Equal(t, []workflow.CreatorKey{"id:2", "id:1"}, waitingOf(t, s, theShop, 9))
	require.Equal(t, more, get(t, s, conversationWith(theShop, "id:1")))

	put(t, s, putConversations(more.Handle(workflow.HandledAnswer{By: "U1", At: minute(4)})))
	require.Equal(t, []workflow.CreatorKey{"id:2"}, waitingOf(t, s, theShop, 9))
	moved := waitingSince("id:3", 2)
	put(t, s, removeConversation(theShop, "id:2"), putConversations(moved))
	require.Equal(t, []workflow.CreatorKey{"id:3"}, waitingOf(t, s, theShop, 9))
	put(t, s, removeConversation(theShop, "id:1"), removeConversation(theShop, "id:3"))
	require.Empty(t, waitingOf(t, s, theShop, 9))
}

func showWaitingUndone(t *testing.T, s workflow.Store) {
	put(t, s, putConversations(waitingSince("id:1", 1)))
	_ = fails(t, s, putConversations(waitingSince("id:2", 2), conversation("id:1", "71"), conversation("id:3", "71")))
	require.Equal(t, []workflow.CreatorKey{"id:1"}, waitingOf(t, s, theShop, 9))
}
