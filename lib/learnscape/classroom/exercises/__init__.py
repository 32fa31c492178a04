"""One file a chapter, each with a dictionary `EXERCISES`; `gardner_volume` is the model to follow."""
