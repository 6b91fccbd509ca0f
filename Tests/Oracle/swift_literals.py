"""The string literals of Swift source."""

import re

# What stands for an interpolation.
HOLE = "\0"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def literals(source):
    """Each with its line, those within interpolations too."""
    return sorted(_Reader(source).all())


class _Reader:
    def __init__(self, source):
        self.source, self.at, self.found = source, 0, []

    def all(self):
        while self.at < len(self.source):
            self.code()
            self.at += 1
        return self.found

    def sees(self, text):
        return self.source.startswith(text, self.at)

    def code(self):
        """Up to a closing parenthesis that nothing here has opened, or the end."""
        depth = 0
        while self.at < len(self.source):
            if self.sees("//"):
                self.at = self.source.index("\n", self.at)
            elif opening := re.compile('(#*)("""|")').match(self.source, self.at):
                self.literal(opening)
                continue
            elif self.sees("("):
                depth += 1
            elif self.sees(")"):
                if not depth:
                    return
                depth -= 1
            self.at += 1

    def literal(self, opening):
        line = self.source.count("\n", 0, self.at) + 1
        hashes, quote = opening.groups()
        self.at = opening.end()
        text = ""
        while not self.sees(quote + hashes):
            if quote == '"""' and text.endswith("\n") and self.sees(" "):
                # More or less of it is the literal's own indentation.
                self.at += 1
                continue
            if self.sees("\\" + hashes):
                self.at += 1 + len(hashes)
                text += self.escape()
            else:
                text += self.source[self.at]
                self.at += 1
        self.at += len(quote + hashes)
        self.found.append((line, text))

    def escape(self):
        if self.sees("\n"):
            self.at = re.compile(r"\s*").match(self.source, self.at).end()
            return ""
        if self.sees("("):
            self.at += 1
            self.code()
            self.at += 1
            return HOLE
        if self.sees("u{"):
            end = self.source.index("}", self.at)
            digits, self.at = self.source[self.at + 2:end], end + 1
            return chr(int(digits, 16))
        letter = self.source[self.at]
        self.at += 1
        return ESCAPES.get(letter, letter)
