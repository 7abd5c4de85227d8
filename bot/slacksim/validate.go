package slacksim

// blocksValidate tells without a token what is wrong with a layout, as Slack's method of that name does.
func (w *Workspace) blocksValidate(c *call) (object, error) {
	tree, given, err := c.tree("blocks")
	blocks, ok := tree.([]any)
	if err != nil || !given || !ok {
		return nil, refuse("invalid_blocks_format")
	}
	found := checkMessage(blocks)
	if len(found) == 0 {
		return object{}, nil
	}
	errors := []object{}
	for _, each := range found {
		errors = append(errors, object{"code": "invalid_block", "message": each.message, "field": lastOf(each.pointer), "pointer": each.pointer, "constraint": ""})
	}
	return nil, &failure{code: "invalid_blocks", messages: lines(found), extra: object{"errors": errors}}
}

// lastOf is the last step of a JSON pointer.
func lastOf(pointer string) string {
	for i := len(pointer) - 1; i >= 0; i-- {
		if pointer[i] == '/' {
			return pointer[i+1:]
		}
	}
	return pointer
}
