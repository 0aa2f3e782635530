"""The contributor's pages. GET shows, POST acts: a mail scanner that opens every link changes nothing."""
