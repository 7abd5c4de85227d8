package picture

import "testing"

func BenchmarkAFunnelOfSevenStages(b *testing.B) {
	f := sample(52, 38, 24, 9, 12, 14, 3)
	for b.Loop() {
		if _, err := f.PNG(); err != nil {
			b.Fatal(err)
		}
	}
}
