"""Letters drawn and sent: the document, the message, the mail server, and the worker between them."""
