"""What one person asks for and another decides: write-offs, refunds and concessions above a limit."""
