"""Questions that make a file. Each answer is checked as it is given: the question comes again with the reason.

The checks are the model's own, on the file as it would be with that answer. Without a terminal each question has its
default; an error names every missing or wrong flag at once, and no file is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from model.faults import Fault, InvalidInput
from ops.console import ask, note

Draft = TypeVar("Draft")
Written = TypeVar("Written")


@dataclass(frozen=True, kw_only=True)
class Question(Generic[Draft]):
    """What is asked, as which flag it may be given, the keys of the file that it is about, and where its answer goes.

    `explained` is a line for a person who has not seen the word before. `known` is the answer that stands in the draft already.
    """

    words: str
    flag: str
    about: str
    take: Callable[[Draft, str], Draft]
    is_needed: bool = False
    explained: str = ""
    known: str = ""


@dataclass(kw_only=True)
class Interview(Generic[Draft]):
    """A draft that grows with each answer. `asking` is whether there is a person to ask.

    `check` says what is wrong with a draft. `found` is what is wrong with flags, `unanswered` the questions that lack an
    answer: both are for `written` to tell. `later` are the keys that a next step fills in.
    """

    draft: Draft
    asking: bool
    check: Callable[[Draft], Iterable[Fault]]
    later: tuple[str, ...] = ()
    found: list[Fault] = field(default_factory=list)
    unanswered: list[Question[Draft]] = field(default_factory=list)
    _settled: list[Question[Draft]] = field(default_factory=list)
    _has_begun: bool = False

    def settle(self, question: Question[Draft], given: str | None, *, ask: bool = True) -> None:
        """Take what was given, or ask; again while it is wrong and there is somebody to ask."""
        self._settled.append(question)
        answer = self.asked(question) if given is None and ask else given
        while answer:
            draft = question.take(self.draft, answer)
            wrong = self._wrong(draft, question) if self.asking else []
            if not wrong:
                self.draft = draft
                return
            note("\n".join(wrong), style="yellow")
            answer = self.asked(question)

    def refuse(self, fault: Fault) -> None:
        """A flag that no answer can mend. Raises InvalidInput at once where somebody waits to be asked."""
        if self.asking:
            raise InvalidInput([fault])
        self.found.append(fault)

    def written(self, write: Callable[[Draft], Written]) -> Written:
        """As `write` returns it. Raises InvalidInput with every flag that is missing or wrong."""
        missing = [
            of_flag(one.flag, f"is missing: {one.words}") for one in self.unanswered if one.flag not in self._blamed
        ]
        while True:
            try:
                if not (missing or self.found):
                    return write(self.draft)
                found = tuple(self.check(self.draft))
            except InvalidInput as invalid:
                found = invalid.faults
            if not self._asked_again(found):
                raise InvalidInput([*missing, *self.found, *self._of_flags(found)])

    def _asked_again(self, found: Iterable[Fault]) -> bool:
        """Whether a person gave another answer to what only the whole shows to be wrong: the other answers are not lost."""
        errors = [fault for fault in found if fault.severity == "error" and fault.key not in self.later]
        for question in self._settled if self.asking else ():
            if wrong := [without_place(fault) for fault in errors if _is_about(question, fault)]:
                note("\n".join(wrong), style="yellow")
                answer = self.asked(question)
                self.draft = question.take(self.draft, answer) if answer else self.draft
                return bool(answer)
        return False

    def lacks(self, about: str) -> bool:
        """Whether the draft as it is has a fault there."""
        return any(re.fullmatch(about, fault.key) for fault in self.check(self.draft))

    def asked(self, question: Question[Draft]) -> str:
        """The answer; empty where none is needed, or no person is there to give it."""
        if self.asking:
            if not self._has_begun:
                note("Every answer can be changed in the file afterwards. Ctrl-C ends this, and writes nothing.")
                self._has_begun = True
            if question.explained:
                note(question.explained)
            known = f" [{question.known}]" if question.known else ""
            return ask(question.words + known, needed=question.is_needed and not question.known)
        if question.is_needed and not question.known:
            self.unanswered.append(question)
            self.draft = question.take(self.draft, "")
        return ""

    @property
    def _blamed(self) -> set[str]:
        return {fault.file for fault in self.found}

    def _of_flags(self, found: Iterable[Fault]) -> Iterator[Fault]:
        """The errors by the flags that gave the values, without those that only follow from an open question."""
        for fault in found:
            is_open = any(_is_about(question, fault) for question in self.unanswered)
            if fault.severity == "error" and not is_open and fault.key not in self.later:
                flag = next((one.flag for one in self._settled if _is_about(one, fault)), None)
                yield of_flag(flag, fault.message, value=fault.value) if flag else fault

    def _wrong(self, draft: Draft, question: Question[Draft]) -> list[str]:
        found = (fault for fault in self.check(draft) if fault.severity == "error")
        return [without_place(fault) for fault in found if re.fullmatch(question.about, fault.key)]


def of_flag(flag: str, message: str, *, value: str = "") -> Fault:
    """A fault of what a flag gave, or did not give."""
    return Fault(file=flag, line=0, column=0, key="", value=value, message=message)


def without_place(fault: Fault) -> str:
    """The value and what is wrong with it: the question says the rest."""
    return f"{fault.value} {fault.message}".strip()


def listed(text: str) -> list[str]:
    """An answer that is a list."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _is_about(question: Question[Draft], fault: Fault) -> bool:
    """Of a list the whole, too."""
    return any(re.fullmatch(question.about, key) for key in (fault.key, f"{fault.key}.0"))
