"""How the provider's account stands, of which the whole fleet shares the sockets."""

from fastapi import APIRouter

from narrator.api.context import GivenServices
from narrator.api.schemas import SpeechView
from narrator.services.allowance import allowance

router = APIRouter(tags=["operations"])


@router.get("/v1/speech", summary="Show the provider's account")
def show_speech(services: GivenServices) -> SpeechView:
    """How many sockets may be open and how many are, what is wrong, and what was sent."""
    return SpeechView.of(allowance(services))
