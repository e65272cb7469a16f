"""What a token and a second cost.

`price` is the value, `machine` what a computer of one's own costs, `published` the providers' lists; `priced` puts them
in order (configuration, then lists, else unknown), `cost` applies them, `inversion` tells where the basis decides.
"""
