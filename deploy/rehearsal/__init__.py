"""The files of deploy/ put to work on this machine, in a folder of their own that goes at the end.

.venv/bin/python -m deploy.rehearsal
"""
