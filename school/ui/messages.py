"""What a browser and the server say to each other, for a client that is not a browser."""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

__all__ = ["BackMsg", "ForwardMsg"]
