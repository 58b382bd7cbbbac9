"""A class of honest students who each do the lab their own way: how many of them is a person asked about?"""
