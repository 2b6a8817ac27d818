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
#include <unordered_map>
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

    bool operator==(const AddedToken&) const = default;
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

/// The file's "added_tokens", and those of the files beside it: cut out of the text before the model sees it, those
/// with normalized = false from the raw text, the others from the normalised one.
class AddedTokens
{
public:
    static constexpr std::size_t kMaxContentBytes = 4096; // a long one makes every search slow

    /// An id that add() would not give the token is an error.
    static Expected<AddedTokens> load(const JsonValue& value, const std::string& place, const StringIds& vocabulary);
    /// Adds a token, or changes the flags of one that is there; gives its id: that of the vocabulary, else the next
    /// behind all ids there are, whatever `token.id` says. An empty one is left out (-1), as in the reference.
    std::int32_t add(AddedToken token, const StringIds& vocabulary);
    /// Makes the tokens findable; to be called once, behind the last add(). `splitsSpecial`: special ones are not
    /// found.
    Expected<void> finish(const Normalizer& normalizer, bool splitsSpecial, const std::string& place);

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

    const std::vector<AddedToken>& tokens() const { return m_tokens; }
    /// nullptr if the id is none of these.
    const AddedToken* token(std::int32_t id) const;
    std::int32_t largestId() const { return m_byId.empty() ? -1 : m_byId.rbegin()->first; }

private:
    const TextFinder& finder(Pass pass) const { return m_finders[pass == Pass::Raw ? 0 : 1]; }
    Expected<bool> standsAlone(std::string_view text, std::size_t begin, std::size_t end, RegexScratch& scratch) const;

    std::vector<AddedToken> m_tokens;
    std::map<std::int32_t, std::size_t> m_byId;
    std::unordered_map<std::string, std::size_t> m_byContent;
    bool m_splitsSpecial = false;
    std::array<TextFinder, 2> m_finders;
    std::optional<Regex> m_word; // one word character
};

}
