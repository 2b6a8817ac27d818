// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/json_tree.h"
#include "io/tokenizer/pair_map.h"
#include "io/tokenizer/string_ids.h"
#include "io/tokenizer/word_cache.h"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace expertscope::tokenizer {

struct BpeSymbol
{
    std::int32_t id;
    std::int32_t previous; // position, -1: none
    std::int32_t next;
};

struct BpeCandidate
{
    std::uint32_t rank;
    std::uint32_t position;
    std::int32_t merged;
};

/// What a thread needs to encode words.
struct BpeScratch
{
    WordCache cache;
    std::vector<std::int32_t> ids; // of the word at work
    std::vector<std::uint32_t> ranks;
    std::vector<BpeSymbol> symbols;
    std::vector<BpeCandidate> heap;
    std::string text;
};

/// Byte pair encoding, the file's "model": start from single characters, and as long as two neighbours have a merge,
/// join the pair of lowest rank, the leftmost one of these.
class BpeModel
{
public:
    static Expected<BpeModel> load(const JsonValue& value, const std::string& place);

    const StringIds& vocabulary() const { return m_vocabulary; }

    /// Appends the ids of one word. With `bytes` each byte stands for its character of the byte alphabet. Characters
    /// the vocabulary lacks become byte tokens, the unknown token, or vanish, as the file's options say.
    Expected<void> encode(std::string_view word, bool bytes, BpeScratch& scratch, std::vector<std::int32_t>& out) const;

private:
    struct Merge
    {
        std::uint32_t rank;
        std::int32_t merged;
    };

    Expected<void> loadVocabulary(const JsonValue& value, const std::string& place);
    Expected<void> loadMerges(const JsonValue& value, const std::string& place);
    void findSafeCuts(const std::vector<std::array<std::int32_t, 2>>& pairs);
    Expected<void> encodeCached(
        std::string_view word, bool bytes, bool wholeWord, BpeScratch& scratch, std::vector<std::int32_t>& out) const;
    std::string_view withoutVanishing(std::string_view text) const;
    bool hasByteTokens(std::string_view symbol) const;
    Expected<void> split(std::string_view word, std::vector<std::int32_t>& ids) const;
    void mergeShort(BpeScratch& scratch) const;
    void mergeLong(BpeScratch& scratch) const;

    StringIds m_vocabulary;
    PairMap<Merge> m_merges;
    std::optional<std::string> m_unknown;
    std::int32_t m_unknownId = -1; // -1: none, or not in the vocabulary
    std::string m_prefix;
    std::string m_suffix;
    bool m_fuseUnknown = false;
    bool m_byteFallback = false;
    bool m_ignoreMerges = false;
    std::array<std::int32_t, 256> m_byteTokens{}; // "<0x41>"
    std::array<std::int32_t, 256> m_byteSymbols{}; // the byte alphabet's characters
    bool m_everyByte = false; // all of the latter are there and stand for themselves
    bool m_cutsAtMark = false; // see findSafeCuts()
    std::set<char32_t> m_joinsMark;
};

}
