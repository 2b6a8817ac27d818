// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/bpe_model.h"

#include "io/tokenizer/json_fields.h"
#include "io/tokenizer/unicode.h"

#include <algorithm>

namespace expertscope::tokenizer {

namespace {

constexpr std::size_t kMaxAffix = 256; // each character of a word is looked up with it
constexpr std::string_view kMark = "\xE2\x96\x81"; // U+2581, SentencePiece's space

std::string byteToken(unsigned b)
{
    constexpr const char* kDigits = "0123456789ABCDEF";
    return std::string("<0x") + kDigits[b >> 4] + kDigits[b & 15] + ">";
}

}

Expected<BpeModel> BpeModel::load(const JsonValue& value, const std::string& place)
{
    ES_ASSIGN(JsonFields fields, JsonFields::open(value, place));
    if (fields.find("type")) { // files of old versions have none
        ES_ASSIGN(const std::string_view type, fields.string("type"));
        if (type != "BPE")
            return fail("model " + inQuotes(type) + " is not supported", fields.place("type"),
                "BPE is; prompts may also be given as token ids");
    }
    BpeModel model;
    if (const JsonValue* dropout = fields.find("dropout"); dropout && !dropout->isNull()) {
        const bool zero = (dropout->kind() == JsonValue::Kind::Integer && dropout->integer() == 0)
            || (dropout->kind() == JsonValue::Kind::Real && dropout->real() == 0);
        if (!zero)
            return fail("dropout is not 0: the ids would be random", fields.place("dropout"));
    }
    ES_ASSIGN(const auto unknown, fields.optionalString("unk_token"));
    ES_ASSIGN(const auto prefix, fields.optionalString("continuing_subword_prefix"));
    ES_ASSIGN(const auto suffix, fields.optionalString("end_of_word_suffix"));
    for (const auto& [name, text] :
        {std::pair("continuing_subword_prefix", prefix), std::pair("end_of_word_suffix", suffix)})
        if (text && text->size() > kMaxAffix)
            return fail("longer than " + std::to_string(kMaxAffix) + " bytes", fields.place(name));
    if (unknown)
        model.m_unknown = std::string(*unknown);
    model.m_prefix = prefix.value_or("");
    model.m_suffix = suffix.value_or("");
    ES_ASSIGN(model.m_fuseUnknown, fields.boolean("fuse_unk", false));
    ES_ASSIGN(model.m_byteFallback, fields.boolean("byte_fallback", false));
    ES_ASSIGN(model.m_ignoreMerges, fields.boolean("ignore_merges", false));
    ES_ASSIGN(const JsonValue* vocabulary, fields.require("vocab"));
    ES_ASSIGN(const JsonValue* merges, fields.require("merges"));
    ES_TRY(fields.finish());

    ES_TRY(model.loadVocabulary(*vocabulary, fields.place("vocab")));
    if (model.m_unknown)
        model.m_unknownId = model.m_vocabulary.find(*model.m_unknown);
    for (unsigned b = 0; b < 256; ++b) {
        model.m_byteTokens[b] = model.m_vocabulary.find(byteToken(b));
        model.m_byteSymbols[b] = model.m_vocabulary.find(byteAlphabetUtf8()[b]);
    }
    model.m_everyByte = model.m_prefix.empty() && model.m_suffix.empty()
        && std::ranges::find(model.m_byteSymbols, -1) == model.m_byteSymbols.end();
    ES_TRY(model.loadMerges(*merges, fields.place("merges")));
    return model;
}

Expected<void> BpeModel::loadVocabulary(const JsonValue& value, const std::string& place)
{
    if (value.kind() != JsonValue::Kind::Object)
        return wrongKind("an object", value, place);
    std::size_t bytes = 0;
    for (const JsonMember& member : value.members())
        bytes += member.key.size();
    m_vocabulary.reserve(value.members().size(), bytes);
    for (const JsonMember& member : value.members()) {
        const auto id = idOf(member.value, {});
        if (!id)
            return fail("id of " + inQuotes(member.key) + " is " + id.error().what, place);
        m_vocabulary.insert(member.key, *id);
    }
    if (const std::int32_t twice = m_vocabulary.indexById(); twice >= 0)
        return fail("two tokens have the id " + std::to_string(twice), place);
    return {};
}

Expected<void> BpeModel::loadMerges(const JsonValue& value, const std::string& place)
{
    if (value.kind() != JsonValue::Kind::Array)
        return wrongKind("an array", value, place);
    const auto items = value.items();
    const bool asPairs = items.empty() || items[0].kind() == JsonValue::Kind::Array;
    m_merges.reserve(items.size());
    std::vector<std::array<std::int32_t, 2>> pairs;
    pairs.reserve(items.size());
    std::string joined;
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto here = [&] { return place + "[" + std::to_string(i) + "]"; };
        std::array<std::string_view, 2> parts;
        if (asPairs) {
            if (items[i].kind() != JsonValue::Kind::Array || items[i].items().size() != 2
                || items[i].items()[0].kind() != JsonValue::Kind::String
                || items[i].items()[1].kind() != JsonValue::Kind::String)
                return fail("not a pair of strings", here());
            parts = {items[i].items()[0].string(), items[i].items()[1].string()};
        } else {
            if (items[i].kind() != JsonValue::Kind::String)
                return wrongKind("a string", items[i], here());
            const std::string_view text = items[i].string();
            if (text.starts_with("#version"))
                continue;
            const std::size_t space = text.find(' ');
            if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos)
                return fail("not two tokens with one space between them: " + inQuotes(text), here());
            parts = {text.substr(0, space), text.substr(space + 1)};
        }
        std::array<std::int32_t, 2> ids;
        for (std::size_t k = 0; k < 2; ++k) {
            ids[k] = m_vocabulary.find(parts[k]);
            if (ids[k] < 0)
                return fail("token " + inQuotes(parts[k]) + " is not in the vocabulary", here());
        }
        if (parts[1].size() < m_prefix.size())
            return fail("token " + inQuotes(parts[1]) + " lacks the continuing_subword_prefix", here());
        joined = parts[0];
        joined += parts[1].substr(m_prefix.size());
        const std::int32_t merged = m_vocabulary.find(joined);
        if (merged < 0)
            return fail("the merged token " + inQuotes(joined) + " is not in the vocabulary", here());
        m_merges.put(static_cast<std::uint32_t>(ids[0]), static_cast<std::uint32_t>(ids[1]), {rank++, merged});
        pairs.push_back(ids);
    }
    findSafeCuts(pairs);
    return {};
}

/// SentencePiece files hand whole lines to the model. Where no merge can ever join what ends in some character with
/// what begins with U+2581, the two sides do not influence each other, so the line may be cut there and the cache
/// serves it word by word. The characters that can be joined are kept (mostly U+2581 itself).
void BpeModel::findSafeCuts(const std::vector<std::array<std::int32_t, 2>>& pairs)
{
    m_cutsAtMark = m_prefix.empty() && m_suffix.empty() && m_vocabulary.find(kMark) >= 0;
    for (const auto& [left, right] : pairs) {
        if (!m_cutsAtMark)
            return;
        if (!m_vocabulary.text(right).starts_with(kMark))
            continue;
        const std::string_view text = m_vocabulary.text(left);
        // These stand for characters other than the ones they are written with.
        if (text.empty() || left == m_unknownId || std::ranges::find(m_byteTokens, left) != m_byteTokens.end())
            m_cutsAtMark = false;
        else
            m_joinsMark.insert(lastCodePoint(text, text.size()));
    }
}

}
