"""Users of the gateway: both dialects, whole and streamed answers, and time to think after each.

Run by `npm run loadtest`, which says in LOADTEST_PLAN how many users come when, and in LOADTEST_KEY who they are.
"""

import json
import os
from typing import Any, Optional, Tuple

import gevent
from locust import FastHttpUser, LoadTestShape, between, events, task

PLAN = json.loads(os.environ["LOADTEST_PLAN"])
KEY = os.environ["LOADTEST_KEY"]
BODY = {
    "model": PLAN["model"],
    "max_tokens": 128,
    "messages": [{"role": "user", "content": "What should a gateway do when a vendor is slow? " * 4}],
}


class Person(FastHttpUser):
    """Someone who reads an answer before asking again."""

    abstract = True
    wait_time = between(PLAN["think"]["shortest"], PLAN["think"]["longest"])
    path: str
    headers: dict

    def ask(self, name: str, stream: bool, ending: str) -> None:
        """Asks and reads to the end. An answer with status 200 that lacks its ending was cut off: a failure, too."""
        body = {**BODY, "stream": stream}
        with self.client.post(self.path, json=body, headers=self.headers, name=name, catch_response=True) as response:
            if response.status_code == 200 and ending not in (response.text or ""):
                response.failure("The answer was cut off")


class OpenAIPerson(Person):
    """Speaks OpenAI's Chat Completions."""

    path = "/v1/chat/completions"
    headers = {"authorization": f"Bearer {KEY}"}

    @task
    def whole(self) -> None:
        self.ask("chat", False, '"finish_reason":"stop"')

    @task
    def streamed(self) -> None:
        self.ask("chat, streamed", True, "data: [DONE]")


class AnthropicPerson(Person):
    """Speaks Anthropic's Messages."""

    path = "/v1/messages"
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}

    @task
    def whole(self) -> None:
        self.ask("messages", False, '"stop_reason":"end_turn"')

    @task
    def streamed(self) -> None:
        self.ask("messages, streamed", True, "event: message_stop")


class Ramp(LoadTestShape):
    """The first users, then so many more a second, then all of them for a while."""

    def tick(self) -> Optional[Tuple[int, float]]:
        """The users that there should be now and how many come a second; None ends the run."""
        elapsed = self.get_run_time()
        if elapsed < PLAN["firstSeconds"]:
            return PLAN["firstUsers"], PLAN["firstUsers"]
        if elapsed < PLAN["seconds"]:
            return PLAN["users"], PLAN["usersPerSecond"]
        return None


@events.quitting.add_listener
def linger(**_: Any) -> None:
    """Locust writes its results once a second, and not once more at the end: the last answers must be in them."""
    gevent.sleep(2)
