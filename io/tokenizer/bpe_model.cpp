// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/bpe_model.h"

#include "io/tokenizer/json_fields.h"
#include "io/tokenizer/unicode.h"

#include <algorithm>

namespace expertscope::tokenizer {

namespace {

constexpr std::size_t kShortWord = 40; // symbols; above, a heap beats looking through all pairs
constexpr std::uint32_t kNoMerge = UINT32_MAX;

/// Heap order: the lowest rank first, the leftmost among equals.
bool later(const BpeCandidate& a, const BpeCandidate& b)
{
    return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

}

Expected<void> BpeModel::encode(
    std::string_view word, bool bytes, BpeScratch& scratch, std::vector<std::int32_t>& out) const
{
    if (bytes || !m_cutsAtMark)
        return encodeCached(word, bytes, true, scratch, out);
    if (m_ignoreMerges) {
        if (const std::int32_t id = m_vocabulary.find(word); id >= 0) {
            out.push_back(id);
            return {};
        }
    }
    std::size_t begin = 0;
    for (std::size_t at = word.find("\xE2\x96\x81", 1); at != std::string_view::npos;
         at = word.find("\xE2\x96\x81", at + 3)) {
        const std::string_view left = withoutVanishing(word.substr(begin, at - begin));
        if (left.empty() || m_joinsMark.contains(lastCodePoint(left, left.size())))
            continue;
        ES_TRY(encodeCached(word.substr(begin, at - begin), false, false, scratch, out));
        begin = at;
    }
    return encodeCached(word.substr(begin), false, false, scratch, out);
}

/// Without the characters at the end that split() would drop: what stands before them meets what follows.
std::string_view BpeModel::withoutVanishing(std::string_view text) const
{
    if (m_unknown)
        return text;
    while (!text.empty()) {
        std::size_t begin = text.size() - 1;
        while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80)
            --begin;
        const std::string_view last = text.substr(begin);
        if (m_vocabulary.find(last) >= 0 || (m_byteFallback && hasByteTokens(last)))
            break;
        text.remove_suffix(last.size());
    }
    return text;
}

bool BpeModel::hasByteTokens(std::string_view symbol) const
{
    return std::ranges::all_of(symbol, [&](char b) { return m_byteTokens[static_cast<unsigned char>(b)] >= 0; });
}

/// `wholeWord`: not one part of several, so that ignore_merges applies.
Expected<void> BpeModel::encodeCached(
    std::string_view word, bool bytes, bool wholeWord, BpeScratch& scratch, std::vector<std::int32_t>& out) const
{
    if (word.empty())
        return {};
    std::uint64_t hash = 0;
    const bool cached = word.size() <= WordCache::kLongestWord;
    if (cached) {
        hash = hashBytes(word);
        bool found = false;
        const auto ids = scratch.cache.find(word, hash, found);
        if (found) {
            out.insert(out.end(), ids.begin(), ids.end());
            return {};
        }
    }

    auto& ids = scratch.ids;
    ids.clear();
    std::string_view text = word;
    if (bytes && (m_ignoreMerges || !m_everyByte)) {
        scratch.text.clear();
        appendStandIns(scratch.text, word);
        text = scratch.text;
    }
    const std::int32_t whole = m_ignoreMerges && wholeWord ? m_vocabulary.find(text) : -1;
    if (whole >= 0) {
        ids.push_back(whole);
    } else {
        if (bytes && m_everyByte) {
            for (const char b : word)
                ids.push_back(m_byteSymbols[static_cast<unsigned char>(b)]);
        } else {
            ES_TRY(split(text, ids));
        }
        if (ids.size() <= kShortWord)
            mergeShort(scratch);
        else
            mergeLong(scratch);
    }
    out.insert(out.end(), ids.begin(), ids.end());
    if (cached && ids.size() <= WordCache::kMostIds)
        scratch.cache.insert(word, hash, ids);
    return {};
}

/// The symbols a word starts from. Unknown characters wait until a known one comes (or the end): that is when the
/// reference writes them down, and byte tokens may overtake them.
Expected<void> BpeModel::split(std::string_view word, std::vector<std::int32_t>& ids) const
{
    bool unknownWaits = false;
    std::string decorated;
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t begin = at;
        nextCodePoint(word, at);
        std::string_view symbol = word.substr(begin, at - begin);
        if ((begin > 0 && !m_prefix.empty()) || (at == word.size() && !m_suffix.empty())) {
            decorated = begin > 0 ? m_prefix : std::string();
            decorated += symbol;
            if (at == word.size())
                decorated += m_suffix;
            symbol = decorated;
        }
        if (const std::int32_t id = m_vocabulary.find(symbol); id >= 0) {
            if (std::exchange(unknownWaits, false))
                ids.push_back(m_unknownId);
            ids.push_back(id);
            continue;
        }
        if (m_byteFallback && hasByteTokens(symbol)) {
            for (const char b : symbol)
                ids.push_back(m_byteTokens[static_cast<unsigned char>(b)]);
            continue;
        }
        if (!m_unknown)
            continue;
        if (m_unknownId < 0)
            return fail("unk_token " + inQuotes(*m_unknown) + " is needed but not in the vocabulary", "tokenizer");
        if (unknownWaits && !m_fuseUnknown)
            ids.push_back(m_unknownId);
        unknownWaits = true;
    }
    if (unknownWaits)
        ids.push_back(m_unknownId);
    return {};
}

void BpeModel::mergeShort(BpeScratch& scratch) const
{
    auto& ids = scratch.ids;
    auto& ranks = scratch.ranks; // of the pair (i, i + 1)
    std::size_t n = ids.size();
    if (n < 2)
        return;
    ranks.resize(n);
    const auto rankAt = [&](std::size_t i) {
        const Merge* merge = m_merges.find(static_cast<std::uint32_t>(ids[i]), static_cast<std::uint32_t>(ids[i + 1]));
        return merge ? merge->rank : kNoMerge;
    };
    for (std::size_t i = 0; i + 1 < n; ++i)
        ranks[i] = rankAt(i);
    while (n > 1) {
        std::size_t best = 0;
        for (std::size_t i = 1; i + 1 < n; ++i)
            if (ranks[i] < ranks[best])
                best = i;
        if (ranks[best] == kNoMerge)
            break;
        const Merge* merge =
            m_merges.find(static_cast<std::uint32_t>(ids[best]), static_cast<std::uint32_t>(ids[best + 1]));
        ids[best] = merge->merged;
        std::move(ids.begin() + best + 2, ids.begin() + n, ids.begin() + best + 1);
        std::move(ranks.begin() + best + 1, ranks.begin() + n - 1, ranks.begin() + best);
        --n;
        if (best > 0)
            ranks[best - 1] = rankAt(best - 1);
        if (best + 1 < n)
            ranks[best] = rankAt(best);
    }
    ids.resize(n);
}

void BpeModel::mergeLong(BpeScratch& scratch) const
{
    auto& ids = scratch.ids;
    auto& symbols = scratch.symbols;
    auto& heap = scratch.heap;
    const auto n = static_cast<std::int32_t>(ids.size());
    symbols.resize(ids.size());
    heap.clear();
    const auto at = [&](std::int32_t i) -> BpeSymbol& { return symbols[static_cast<std::size_t>(i)]; };
    const auto mergeAt = [&](std::int32_t i) {
        return m_merges.find(static_cast<std::uint32_t>(at(i).id), static_cast<std::uint32_t>(at(at(i).next).id));
    };
    for (std::int32_t i = 0; i < n; ++i)
        at(i) = {ids[static_cast<std::size_t>(i)], i - 1, i + 1 < n ? i + 1 : -1};
    for (std::int32_t i = 0; i + 1 < n; ++i)
        if (const Merge* merge = mergeAt(i))
            heap.push_back({merge->rank, static_cast<std::uint32_t>(i), merge->merged});
    std::make_heap(heap.begin(), heap.end(), later);
    const auto push = [&](std::int32_t i) {
        if (const Merge* merge = mergeAt(i)) {
            heap.push_back({merge->rank, static_cast<std::uint32_t>(i), merge->merged});
            std::push_heap(heap.begin(), heap.end(), later);
        }
    };
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), later);
        const BpeCandidate top = heap.back();
        heap.pop_back();
        const auto left = static_cast<std::int32_t>(top.position);
        if (at(left).id < 0 || at(left).next < 0)
            continue; // swallowed by its neighbour, or now the last one
        const Merge* merge = mergeAt(left);
        if (!merge || merge->merged != top.merged)
            continue; // the pair has changed since
        const std::int32_t right = at(left).next;
        at(left).id = merge->merged;
        at(left).next = at(right).next;
        at(right).id = -1;
        if (at(left).next >= 0) {
            at(at(left).next).previous = left;
            push(left);
        }
        if (at(left).previous >= 0)
            push(at(left).previous);
    }
    ids.clear();
    for (std::int32_t i = 0; i >= 0; i = at(i).next)
        ids.push_back(at(i).id);
}

}
