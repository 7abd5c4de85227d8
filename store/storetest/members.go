package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var members = []promise{
	{"A member is put in place of the same creator in the same campaign", showMember},
	{"A member that is not there is not found", showNoMember},
	{"Members come by creator, in pages, of one campaign", showMemberPages},
	{"A creator's memberships come by campaign, whatever the order of putting", showMemberships},
	{"A member that was removed is gone both ways, and the others stay", showRemoveMember},
	{"Who is in no campaign cannot be taken out of it", showRemoveNobody},
	{"Where members stand is what all their applications there say, through random changes", showStandings},
	{"Members and memberships agree through a thousand random changes", showRandomMembers},
}

func showMember(t *testing.T, s workflow.Store) {
	m := workflow.Member{Campaign: "spring", Creator: "id:1", AddedBy: "U1", AddedAt: start}
	again := m
	again.AddedBy, again.AddedAt = "U2", minute(1)
	put(t, s, each([]workflow.Member{m, again}, workflow.Tx.PutMember))
	list := get(t, s, func(tx workflow.Tx) ([]workflow.Member, error) {
		list, _, err := tx.Members("spring", "", 9)
		return list, err
	})
	require.Equal(t, []workflow.Member{again}, list)
}

func showMemberPages(t *testing.T, s workflow.Store) {
	var want []workflow.Member
	for _, creator := range []workflow.CreatorKey{"id:1", "id:12", "id:2", "name:1:glow.daily", "name:1:kitchen_finds"} {
		want = append(want, workflow.Member{Campaign: "spring", Creator: creator, AddedAt: start})
	}
	put(t, s, each([]workflow.Member{want[3], want[0], {Campaign: "spring2", Creator: "id:3"}, want[4], want[2], want[1]}, workflow.Tx.PutMember))
	for limit := 1; limit <= 6; limit++ {
		require.Equal(t, want, walk(t, limit, func(after string, limit int) (list []workflow.Member, next string, err error) {
			see(t, s, func(tx workflow.Tx) error {
				list, next, err = tx.Members("spring", after, limit)
				return err
			})
			return list, next, err
		}), "by %d", limit)
	}
}

func member(c workflow.CampaignID, creator workflow.CreatorKey) workflow.Member {
	return workflow.Member{Campaign: c, Creator: creator, AddedBy: "U1", AddedAt: start}
}

func putMembers(list ...workflow.Member) func(workflow.Tx) error {
	return each(list, workflow.Tx.PutMember)
}

func removeMember(c workflow.CampaignID, creator workflow.CreatorKey) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { return tx.RemoveMember(c, creator) }
}

func memberOf(c workflow.CampaignID, creator workflow.CreatorKey) func(workflow.Tx) error {
	return func(tx workflow.Tx) error { _, err := tx.Member(c, creator); return err }
}

func membershipsOf(t *testing.T, s workflow.Store, creator workflow.CreatorKey) []workflow.Member {
	t.Helper()
	return get(t, s, func(tx workflow.Tx) ([]workflow.Member, error) { return tx.Memberships(creator) })
}

func membersOf(t *testing.T, s workflow.Store, c workflow.CampaignID) []workflow.Member {
	t.Helper()
	return walk(t, 3, func(after string, limit int) (list []workflow.Member, next string, err error) {
		see(t, s, func(tx workflow.Tx) error {
			list, next, err = tx.Members(c, after, limit)
			return err
		})
		return list, next, err
	})
}

func showNoMember(t *testing.T, s workflow.Store) {
	put(t, s, putMembers(member("spring", "id:1")))
	for _, read := range []func(workflow.Tx) error{
		memberOf("spring", "id:12"), memberOf("spring", "id:"), memberOf("spring2", "id:1"), memberOf("id:1", "spring"),
	} {
		require.ErrorIs(t, s.View(t.Context(), read), workflow.ErrNotFound)
	}
	require.Empty(t, membershipsOf(t, s, "id:12"))
	require.Empty(t, membershipsOf(t, s, "spring"))
}

func showMemberships(t *testing.T, s workflow.Store) {
	want := []workflow.Member{member("autumn", "id:1"), member("spring", "id:1"), member("spring2", "id:1"), member("winter", "id:1")}
	put(t, s, putMembers(want[2], member("summer", "id:12"), want[0], member("summer", "id:"), want[3], want[1]))
	require.Equal(t, want, membershipsOf(t, s, "id:1"))

	want[1].State, want[1].Answered, want[1].Answer = workflow.MemberAnswered, minute(3), "Glow!"
	put(t, s, putMembers(want[1]))
	require.Equal(t, want, membershipsOf(t, s, "id:1"))
	require.Equal(t, []workflow.Member{member("summer", "id:12")}, membershipsOf(t, s, "id:12"))
}

func showRemoveMember(t *testing.T, s workflow.Store) {
	put(t, s, putMembers(member("spring", "id:1"), member("spring", "id:2"), member("summer", "id:1")))
	put(t, s, removeMember("spring", "id:1"))
	require.ErrorIs(t, s.View(t.Context(), memberOf("spring", "id:1")), workflow.ErrNotFound)
	require.Equal(t, []workflow.Member{member("spring", "id:2")}, membersOf(t, s, "spring"))
	require.Equal(t, []workflow.Member{member("summer", "id:1")}, membershipsOf(t, s, "id:1"))
	require.Equal(t, []workflow.Member{member("spring", "id:2")}, membershipsOf(t, s, "id:2"))

	again := member("spring", "id:1")
	again.AddedAt = minute(5)
	put(t, s, putMembers(again))
	require.Equal(t, []workflow.Member{again, member("summer", "id:1")}, membershipsOf(t, s, "id:1"))
}

func showRemoveNobody(t *testing.T, s workflow.Store) {
	put(t, s, putMembers(member("spring", "id:1"), member("summer", "id:2")))
	for _, nobody := range []func(workflow.Tx) error{removeMember("spring", "id:2"), removeMember("winter", "id:1"), removeMember("spring", "id:")} {
		require.ErrorIs(t, fails(t, s, nobody), workflow.ErrNotFound)
	}
	put(t, s, removeMember("spring", "id:1"))
	require.ErrorIs(t, fails(t, s, removeMember("spring", "id:1")), workflow.ErrNotFound, "once is enough")
	require.Equal(t, []workflow.Member{member("summer", "id:2")}, membershipsOf(t, s, "id:2"))
}

func showRandomMembers(t *testing.T, s workflow.Store) {
	random := rand.New(rand.NewPCG(2026, 1))
	kept := map[string]workflow.Member{} // by campaign, space, creator
	for range 20 {
		keep(t, s, func(tx workflow.Tx) error {
			for range 50 {
				m := member(workflow.CampaignID(fmt.Sprint(random.IntN(5))), workflow.CreatorKey(fmt.Sprint(random.IntN(12))))
				m.Answer = fmt.Sprint(random.IntN(100))
				name := string(m.Campaign) + " " + string(m.Creator)
				if random.IntN(2) == 0 {
					_, there := kept[name]
					err := tx.RemoveMember(m.Campaign, m.Creator)
					require.Equal(t, there, err == nil, name)
					require.Equal(t, !there, errors.Is(err, workflow.ErrNotFound), name)
					delete(kept, name)
					continue
				}
				kept[name] = m
				if err := tx.PutMember(m); err != nil {
					return err
				}
			}
			return nil
		})
		requireMembers(t, s, kept)
	}
}

func requireMembers(t *testing.T, s workflow.Store, kept map[string]workflow.Member) {
	t.Helper()
	all := slices.SortedFunc(maps.Values(kept), func(a, b workflow.Member) int {
		return strings.Compare(string(a.Campaign)+" "+string(a.Creator), string(b.Campaign)+" "+string(b.Creator))
	})
	byCampaign, byCreator := map[workflow.CampaignID][]workflow.Member{}, map[workflow.CreatorKey][]workflow.Member{}
	for _, m := range all {
		byCampaign[m.Campaign] = append(byCampaign[m.Campaign], m)
		byCreator[m.Creator] = append(byCreator[m.Creator], m)
	}
	for n := range 12 {
		c, creator := workflow.CampaignID(fmt.Sprint(n)), workflow.CreatorKey(fmt.Sprint(n))
		require.Equal(t, byCampaign[c], membersOf(t, s, c))
		require.Equal(t, byCreator[creator], membershipsOf(t, s, creator))
	}
}

// showStandings compares the numbers that are kept with a plain recount. Few creators, campaigns and times, so that much
// comes together.
func showStandings(t *testing.T, s workflow.Store) {
	random := rand.New(rand.NewPCG(11, 30))
	applications, kept := map[workflow.Key]workflow.Application{}, map[string]workflow.Member{}
	creators, campaigns := []string{"1", "2", "12"}, []workflow.CampaignID{"", "c", "c1"}
	statuses := append(slices.Clone(workflow.LiveStatuses), workflow.StatusCompleted, workflow.StatusRejectCancelled, workflow.StatusOverdueCancelled, "SOME_NEW_STATUS")
	for range 60 {
		keep(t, s, func(tx workflow.Tx) error {
			for range 5 {
				a := application(fmt.Sprint(random.IntN(9)), random.IntN(9))
				a.Snapshot.Creator.OpenID, a.Campaign = creators[random.IntN(3)], campaigns[random.IntN(3)]
				a.Snapshot.Status, a.ChangedAt, a.SeenAt = statuses[random.IntN(len(statuses))], minute(random.IntN(3)), minute(random.IntN(3))
				applications[a.Key] = a
				m := member(campaigns[1+random.IntN(2)], workflow.CreatorKey("id:"+creators[random.IntN(3)]))
				m.State, m.Answered, m.SampleAnswerAt = workflow.MemberStates[random.IntN(4)], minute(random.IntN(3)), minute(random.IntN(3))
				at := string(m.Campaign) + "/" + string(m.Creator)
				err := tx.PutApplication(a)
				if _, there := kept[at]; there && random.IntN(4) == 0 {
					delete(kept, at)
					err = errors.Join(err, tx.RemoveMember(m.Campaign, m.Creator))
				} else {
					kept[at] = m
					err = errors.Join(err, tx.PutMember(m))
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range campaigns[1:] {
			requireStandings(t, s, c, applications, kept)
		}
	}
}

func requireStandings(t *testing.T, s workflow.Store, c workflow.CampaignID, applications map[workflow.Key]workflow.Application, kept map[string]workflow.Member) {
	t.Helper()
	want, at := map[workflow.Stage]int{}, map[workflow.Stage][]workflow.Member{}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		m := kept[name]
		if m.Campaign != c {
			continue
		}
		var own []workflow.Application
		for _, a := range applications {
			if a.Campaign == c && a.Snapshot.Creator.KeyOf(a.Key.Shop) == m.Creator {
				own = append(own, a)
			}
		}
		slices.SortFunc(own, func(a, b workflow.Application) int { // of those that changed at once the first seen counts
			return cmp.Or(a.SeenAt.Compare(b.SeenAt), cmp.Compare(a.Key.String(), b.Key.String()))
		})
		stage := workflow.Furthest(m, own)
		want[stage]++
		at[stage] = append(at[stage], m)
	}
	see(t, s, func(tx workflow.Tx) error {
		got, err := tx.Standings(c)
		require.NoError(t, err)
		require.Equal(t, want, got)
		for stage, all := range at {
			require.Equal(t, all, walk(t, 1, func(after string, limit int) ([]workflow.Member, string, error) {
				return tx.MembersAt(c, stage, after, limit)
			}))
		}
		return nil
	})
}
