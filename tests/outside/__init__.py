"""The shipped doubles of the outside world, held to what they pretend to be."""
