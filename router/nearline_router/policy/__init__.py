"""Who may answer a request, and who should: `decide` is the rules in order, `decision` what comes out of them."""
