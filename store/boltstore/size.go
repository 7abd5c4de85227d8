package boltstore

// Schema returns the number of the layout of the store's file.
func (s *Store) Schema() int { return schema }
