package storetest

import (
	"fmt"
	"reflect"
	"time"

	"sampledesk/workflow"
)

// whole returns a value with something in every field, however deep, so that no field can be forgotten. Its times
// follow the one given.
func whole[T any](at time.Time) T {
	var value T
	f := filler{at: at}
	f.fill(reflect.ValueOf(&value).Elem())
	return value
}

type filler struct {
	at time.Time
	n  int
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 256))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(f.at.Add(time.Duration(f.n) * time.Second)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" { // such a field is not to be kept
				f.fill(v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("storetest cannot fill a %s: teach it to", v.Type()))
	}
}

// theShop is the shop of most samples.
const theShop workflow.ShopID = "7495540735365777507"

func key(id string) workflow.Key {
	return workflow.Key{Shop: theShop, ID: workflow.ApplicationID(id)}
}

// application returns one that waits for the team, with that many minutes until its review deadline.
func application(id string, reviewBy int) workflow.Application {
	return workflow.Application{
		Key: key(id),
		Snapshot: workflow.Snapshot{
			Status: workflow.StatusPending, ReviewBy: minute(reviewBy), Approvable: true, Stock: 12,
			Obstacles: []string{"none yet"},
			Creator:   workflow.Creator{OpenID: "open-" + id, Username: "glow.daily"},
			Product:   workflow.Product{ID: "1729", Title: "Glow serum"},
		},
		Round: 1, SeenAt: start, ReportedAt: start,
	}
}

func shop(id workflow.ShopID, name string) workflow.Shop {
	return workflow.Shop{ID: id, Name: name, Cipher: "cipher", OpenID: "seller", SeenAt: start}
}

func campaign(id workflow.CampaignID, name string) workflow.Campaign {
	return workflow.Campaign{ID: id, Shop: theShop, Name: name, CreatedBy: "U1", CreatedAt: start}
}

func entry(k workflow.Key, round int) workflow.Entry {
	return workflow.Entry{At: start, Key: k, Event: workflow.OnReported, From: workflow.Pending, To: workflow.Pending, Round: round}
}

// reply returns an effect that is due at start.
func reply(id, lane string) workflow.Effect {
	return workflow.Effect{
		ID: workflow.EffectID(id), Kind: workflow.Reply, Lane: workflow.Lane(lane), Priority: workflow.Routine, Shop: theShop,
		Payload: &workflow.Payload{Kind: workflow.KindStage, At: start, Tracking: "TRACK"}, MadeAt: start, NotBefore: start,
	}
}

func putApplications(list ...workflow.Application) func(workflow.Tx) error {
	return each(list, workflow.Tx.PutApplication)
}

func putCampaigns(list ...workflow.Campaign) func(workflow.Tx) error {
	return each(list, workflow.Tx.PutCampaign)
}

func putShops(list ...workflow.Shop) func(workflow.Tx) error {
	return each(list, workflow.Tx.PutShop)
}

func enqueue(list ...workflow.Effect) func(workflow.Tx) error {
	return each(list, workflow.Tx.Enqueue)
}

func each[T any](list []T, put func(workflow.Tx, T) error) func(workflow.Tx) error {
	return func(tx workflow.Tx) error {
		for _, item := range list {
			if err := put(tx, item); err != nil {
				return err
			}
		}
		return nil
	}
}

// ids returns the ids of effects, in their order.
func ids(list []workflow.Effect) []string {
	var all []string
	for _, e := range list {
		all = append(all, string(e.ID))
	}
	return all
}
