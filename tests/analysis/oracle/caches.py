# SPDX-License-Identifier: GPL-3.0-or-later
"""Caches of experts, simulated directly (metrics.md 1.2). A sequence is a list of tokens, a token a list of experts.

The frame is moe-lrc's: the hits of a token are judged against the cache as it was before the token; then its experts
enter one by one in rank order. With `warm`, the first `size` distinct experts ever seen count as hits.
"""


class LeastRecent:
    def __init__(self, tokens):
        self.clock, self.last = 0, {}

    def used(self, x):
        self.clock += 1
        self.last[x] = self.clock

    def worth(self, x):  # the least worth goes
        return self.last[x]

    def after_token(self, t):
        pass


class LeastFrequent(LeastRecent):
    """Uses in all its life, also before it was evicted; ties: the less recent goes."""

    def __init__(self, tokens):
        super().__init__(tokens)
        self.uses = {}

    def used(self, x):
        super().used(x)
        self.uses[x] = self.uses.get(x, 0) + 1

    def worth(self, x):
        return self.uses[x], self.last[x]


class Belady(LeastRecent):
    """The farthest next use goes, counted in the stream of single accesses."""

    def __init__(self, tokens):
        super().__init__(tokens)
        stream = [x for token in tokens for x in token]
        self.next_use = [None] * len(stream)  # of the expert accessed there
        later = {}
        for place in range(len(stream) - 1, -1, -1):
            self.next_use[place] = later.get(stream[place], float("inf"))
            later[stream[place]] = place

    def worth(self, x):
        return -self.next_use[self.last[x] - 1]


class LookAhead(LeastRecent):
    """SCH v4: least used in the rest of this token and the next m - 1 tokens; ties: the less recent goes."""

    def __init__(self, tokens, m):
        super().__init__(tokens)
        self.tokens, self.m, self.future = tokens, m, {}
        for token in tokens[:m]:
            self.see(token)

    def see(self, token):
        for x in token:
            self.future[x] = self.future.get(x, 0) + 1

    def used(self, x):
        super().used(x)
        self.future[x] -= 1

    def worth(self, x):
        return self.future[x], self.last[x]

    def after_token(self, t):
        if t + self.m < len(self.tokens):
            self.see(self.tokens[t + self.m])


def hits(tokens, size, policy, warm=True):
    cache, seen, count = set(), set(), 0
    for t, token in enumerate(tokens):
        for x in token:
            if x in cache:
                count += 1
            elif x not in seen:
                if warm and len(seen) < size:
                    count += 1
                seen.add(x)
        for x in token:
            if x not in cache and len(cache) == size:
                cache.remove(min(cache, key=policy.worth))
            cache.add(x)
            policy.used(x)
        policy.after_token(t)
    return count


def hit_rate(sequences, size, make_policy, warm=True):
    """Mean over sequences of hits / accesses, and the number of sequences that have any."""
    rates = []
    for tokens in sequences:
        accesses = sum(len(token) for token in tokens)
        if accesses:
            rates.append(hits(tokens, size, make_policy(tokens), warm) / accesses)
    return (sum(rates) / len(rates) if rates else None), len(rates)


def lru_stays(tokens, size):
    """Number of tokens from each insertion into an LRU cache to its eviction, or to the end of the sequence."""
    policy, inserted, stays = LeastRecent(tokens), {}, []
    for t, token in enumerate(tokens):
        for x in token:
            if x not in inserted:
                if len(inserted) == size:
                    victim = min(inserted, key=policy.worth)
                    stays.append(t - inserted.pop(victim))
                inserted[x] = t
            policy.used(x)
    return stays + [len(tokens) - t for t in inserted.values()]
