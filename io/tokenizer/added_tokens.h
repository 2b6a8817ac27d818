// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/json_tree.h"
#include "io/tokenizer/normalizer.h"
#include "io/tokenizer/pair_map.h"
#include "io/tokenizer/string_ids.h"

#include <array>
#include <bitset>
#include <map>
#include <string>
#include <vector>

namespace expertscope::tokenizer {

struct AddedToken
{
    std::string content;
    std::int32_t id;
    bool singleWord; ///< only where no word character stands on either side
    bool stripsLeft; ///< swallows white space before it
    bool stripsRight;
    bool normalized; ///< found in the normalised text, by its own normalised content
    bool special;
};

/// Finds the leftmost longest of some texts: a trie behind a filter of the first two bytes.
class TextFinder
{
public:
    /// False if it is there already. Not to be called with an empty text.
    bool add(std::string_view text, std::uint32_t value);
    bool isEmpty() const { return m_nodes == 1; }

    struct Found
    {
        std::size_t begin;
        std::size_t end;
        std::uint32_t value;
    };
    /// First match at or behind `from`; begin == npos if none.
    Found find(std::string_view text, std::size_t from) const;

private:
    PairMap<std::uint32_t> m_edges; // (node, byte) -> node; 0 is the root
    std::vector<std::uint32_t> m_values{UINT32_MAX}; // of each node
    std::uint32_t m_nodes = 1;
    std::bitset<256> m_first;
    std::vector<bool> m_firstTwo = std::vector<bool>(1 << 16);
    std::bitset<256> m_alone; // a text of one byte
    int m_onlyFirst = -1; // when all begin with the same byte
};

/// The file's "added_tokens": cut out of the text before the model sees it, those with normalized = false from the raw
/// text, the others from the normalised one.
class AddedTokens
{
public:
    /// An id that the reference library would not give the token (it counts on from the vocabulary) is an error.
    static Expected<AddedTokens> load(
        const JsonValue& value, const std::string& place, const StringIds& vocabulary, const Normalizer& normalizer);

    enum class Pass
    {
        Raw,
        Normalized
    };
    struct Part
    {
        std::size_t begin;
        std::size_t end;
        std::int32_t id; ///< -1: plain text
    };
    /// Covers the text in order. (Parts of tokens that strip to the right can overlap later ones, as in the reference.)
    Expected<void> split(std::string_view text, Pass pass, std::vector<Part>& parts, RegexScratch& scratch) const;
    bool has(Pass pass) const { return !finder(pass).isEmpty(); }

    /// nullptr if the id is none of these.
    const AddedToken* token(std::int32_t id) const;
    std::int32_t largestId() const { return m_byId.empty() ? -1 : m_byId.rbegin()->first; }

private:
    const TextFinder& finder(Pass pass) const { return m_finders[pass == Pass::Raw ? 0 : 1]; }
    Expected<bool> standsAlone(std::string_view text, std::size_t begin, std::size_t end, RegexScratch& scratch) const;

    std::vector<AddedToken> m_tokens;
    std::map<std::int32_t, std::size_t> m_byId;
    std::array<TextFinder, 2> m_finders;
    std::optional<Regex> m_word; // one word character
};

}
