package bridge

// WatchPerRun changes how many applications are asked about their content in one run, so that a test of many rounds needs
// no thousands of them.
func (b *Bridge) WatchPerRun(n int) { b.watchPerRun = n }
