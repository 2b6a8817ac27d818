// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/side_files.h"

#include "io/base/json.h"
#include "io/base/lfs_pointer.h"
#include "io/base/utf8.h"
#include "io/tokenizer/json_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <set>

namespace expertscope::tokenizer {

namespace {

namespace fs = std::filesystem;
using Json = expertscope::JsonValue; // Python's dialect; the reader of this folder's own is stricter
using Member = expertscope::JsonMember;

constexpr JsonLimits kLimits{.maxBytes = std::size_t(64) << 20};
constexpr std::array<std::string_view, 7> kNamed{
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

Expected<std::optional<SideFile>> readFile(const fs::path& path)
{
    std::error_code error;
    if (!fs::exists(path, error))
        return std::optional<SideFile>();
    SideFile file{path.string(), {}};
    const auto size = fs::file_size(path, error);
    if (error)
        return fail("cannot be read: " + error.message(), file.name);
    if (size > kLimits.maxBytes)
        return fail("larger than " + std::to_string(kLimits.maxBytes >> 20) + " MiB", file.name);
    file.text.resize(size);
    std::ifstream in(path, std::ios::binary);
    if (!in.read(file.text.data(), static_cast<std::streamsize>(size)))
        return fail("cannot be read", file.name);
    ES_TRY(refuseLfsPointer(file.text, file.name));
    return file;
}

/// A token as a file has it: a text, or an object with flags. Which text becomes a special token, and what "normalized"
/// is where nothing says so, depends on where it stands.
struct Mentioned
{
    AddedToken token;
    bool saysNormalized = false;
    bool isText = true;

    void setSpecial()
    {
        token.special = true;
        if (!saysNormalized)
            token.normalized = false;
    }
};

Expected<Mentioned> mentioned(const Json& value, const std::string& place)
{
    Mentioned token{{.content = {},
        .id = -1,
        .singleWord = false,
        .stripsLeft = false,
        .stripsRight = false,
        .normalized = true,
        .special = false}};
    const auto* content = value.string();
    if (const auto* members = value.object()) {
        content = nullptr;
        token.isText = false;
        for (const auto& [key, member] : *members) {
            if (key == "content")
                content = member.string();
            bool* const flag = key == "lstrip" ? &token.token.stripsLeft
                : key == "rstrip"              ? &token.token.stripsRight
                : key == "single_word"         ? &token.token.singleWord
                : key == "normalized"          ? &token.token.normalized
                : key == "special"             ? &token.token.special
                                               : nullptr;
            if (!flag)
                continue;
            if (!member.boolean())
                return fail(std::string("is ") + member.kind() + ", not true or false", place + "." + key);
            *flag = *member.boolean();
            token.saysNormalized = token.saysNormalized || key == "normalized";
        }
    }
    if (!content)
        return fail("neither a token's text nor an object with its 'content'", place);
    if (invalidUtf8At(*content))
        return fail("half of a surrogate pair", place);
    if (content->size() > AddedTokens::kMaxContentBytes)
        return fail("longer than " + std::to_string(AddedTokens::kMaxContentBytes) + " bytes", place);
    token.token.content = *content;
    if (token.token.special)
        token.setSpecial();
    return token;
}

/// Reads the files as the reference does, step by step.
class Reader
{
public:
    Reader(const AddedTokens& ofJson, const std::optional<std::string>& paddingToken)
        : m_ofJson(ofJson)
        , m_paddingToken(paddingToken)
    {
    }

    Expected<SideTokens> read(const SideFiles& files)
    {
        bool listed = false;
        if (files.config) {
            ES_ASSIGN(const Json config, parse(*files.config));
            ES_TRY(readConfig(config, files.config->name));
            if (const auto* decoder = config.find("added_tokens_decoder")) {
                listed = true;
                ES_TRY(readDecoder(*decoder, files.config->name + ": added_tokens_decoder"));
            }
        }
        if (!listed && files.specialTokensMap) {
            ES_ASSIGN(const Json map, parse(*files.specialTokensMap));
            ES_TRY(readSpecialTokensMap(map, files.specialTokensMap->name));
        }
        if (!listed && files.addedTokens) {
            ES_ASSIGN(const Json added, parse(*files.addedTokens));
            ES_TRY(readAddedTokens(added, files.addedTokens->name));
        }
        if (m_paddingToken && !m_saidPad)
            m_named["pad_token"] = text(*m_paddingToken);
        return collect();
    }

private:
    static Expected<Json> parse(const SideFile& file)
    {
        ES_ASSIGN(Json json, parsePythonJson(file.text, kLimits, file.name));
        if (!json.object())
            return fail(std::string("is ") + json.kind() + ", not an object", file.name);
        return json;
    }

    static Mentioned text(const std::string& content)
    {
        return {{.content = content,
            .id = -1,
            .singleWord = false,
            .stripsLeft = false,
            .stripsRight = false,
            .normalized = true,
            .special = false}};
    }

    /// Members in the order of the file: new tokens are numbered by it.
    static std::vector<const Member*> inOrder(const Json& object)
    {
        std::vector<const Member*> members;
        for (const auto& member : *object.object())
            members.push_back(&member);
        std::ranges::sort(members, {}, [](const auto* member) { return member->second.position; });
        return members;
    }

    static bool isNamed(std::string_view key) { return std::ranges::find(kNamed, key) != kNamed.end(); }

    Expected<void> readNamed(const std::string& key, const Json& value, const std::string& place)
    {
        m_saidPad = m_saidPad || key == "pad_token";
        m_named.erase(key);
        if (value.isNull())
            return {};
        ES_ASSIGN(Mentioned token, mentioned(value, place));
        m_named.emplace(key, std::move(token));
        return {};
    }

    Expected<void> readConfig(const Json& config, const std::string& name)
    {
        for (const auto* member : inOrder(config)) {
            const auto& [key, value] = *member;
            const auto place = name + ": " + key.substr(0, 80);
            const bool ours = isNamed(key) || key == "added_tokens_decoder" || key == "additional_special_tokens"
                || key == "extra_special_tokens" || key == "split_special_tokens";
            if (ours && value.repeated)
                return fail("is there twice, with different values", place);
            if (isNamed(key))
                ES_TRY(readNamed(key, value, place));
            else if (key.ends_with("_token") && value.string() && !key.starts_with("add_"))
                ES_TRY(setOfModel(key, value, place));
            else if (key == "split_special_tokens" && value.boolean())
                m_side.splitsSpecial = *value.boolean();
            else if (key == "add_bos_token" && value.boolean())
                m_side.addsBos = *value.boolean();
            else if (key == "add_eos_token" && value.boolean())
                m_side.addsEos = *value.boolean();
        }
        const auto* extra = config.find("extra_special_tokens");
        m_saidExtra = extra != nullptr;
        const bool none = !extra || extra->isNull() || (extra->array() && extra->array()->empty())
            || (extra->object() && extra->object()->empty());
        if (const auto* additional = config.find("additional_special_tokens"); additional && none) {
            m_saidExtra = true;
            return readExtra(*additional, name + ": additional_special_tokens");
        }
        return extra ? readExtra(*extra, name + ": extra_special_tokens") : Expected<void>();
    }

    /// Names of the model's own, such as image_token.
    Expected<void> setOfModel(const std::string& key, const Json& value, const std::string& place)
    {
        ES_ASSIGN(Mentioned token, mentioned(value, place));
        const auto at = std::ranges::find(m_ofModel, key, [](const auto& pair) { return pair.first; });
        if (at == m_ofModel.end())
            m_ofModel.emplace_back(key, std::move(token));
        else
            at->second = std::move(token);
        return {};
    }

    /// `inMap`: in special_tokens_map.json, where all tokens are special.
    Expected<void> readExtra(const Json& value, const std::string& place, bool inMap = false)
    {
        if (value.isNull())
            return {};
        if (value.object()) {
            for (const auto* member : inOrder(value))
                ES_TRY(setOfModel(member->first, member->second, place + "." + member->first.substr(0, 80)));
            return {};
        }
        if (!value.array())
            return fail(std::string("is ") + value.kind() + ", not a list of tokens", place);
        for (std::size_t i = 0; i < value.array()->size(); ++i) {
            ES_ASSIGN(Mentioned token, mentioned((*value.array())[i], place + "[" + std::to_string(i) + "]"));
            if (inMap)
                token.setSpecial();
            m_extra.push_back(std::move(token));
        }
        return {};
    }

    Expected<void> readDecoder(const Json& decoder, const std::string& place)
    {
        if (!decoder.object())
            return fail(std::string("is ") + decoder.kind() + ", not an object", place);
        for (const auto& [key, value] : *decoder.object()) {
            const auto here = place + "." + key.substr(0, 80);
            std::int32_t id = -1;
            const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
            if (error != std::errc() || end != key.data() + key.size() || id < 0)
                return fail("no token's id", here);
            ES_ASSIGN(Mentioned token, mentioned(value, here));
            token.token.id = id;
            m_listed.emplace(id, std::move(token));
        }
        return {};
    }

    Expected<void> readSpecialTokensMap(const Json& map, const std::string& name)
    {
        for (const auto* member : inOrder(map)) {
            const auto& [key, value] = *member;
            const auto place = name + ": " + key.substr(0, 80);
            if (isNamed(key)) {
                ES_TRY(readNamed(key, value, place));
                if (const auto at = m_named.find(key); at != m_named.end() && value.object())
                    at->second.setSpecial();
            } else if (key == "extra_special_tokens" || (key == "additional_special_tokens" && !m_saidExtra)) {
                ES_TRY(readExtra(value, place, true));
            } else if (key.ends_with("_token") && (value.string() || value.object())) {
                ES_TRY(setOfModel(key, value, place));
            }
        }
        return {};
    }

    /// {"<token>": 32000}; of what tokenizer.json also lists its flags count.
    Expected<void> readAddedTokens(const Json& added, const std::string& name)
    {
        std::set<std::string> special;
        for (const auto& [key, token] : m_named)
            special.insert(token.token.content);
        for (const auto& token : m_extra)
            special.insert(token.token.content);
        for (const auto& [content, value] : *added.object()) {
            const auto* id = std::get_if<std::uint64_t>(&value.data);
            if (!id || *id >= INT32_MAX)
                return fail("no token's id", name + ": " + content.substr(0, 80));
            if (m_ofJson.token(static_cast<std::int32_t>(*id)))
                continue;
            Mentioned token = text(content);
            token.token.id = static_cast<std::int32_t>(*id);
            if (special.contains(content))
                token.setSpecial();
            m_listed.emplace(token.token.id, std::move(token));
        }
        return {};
    }

    SideTokens collect()
    {
        std::set<std::string> known, namedContents;
        for (const auto& token : m_ofJson.tokens())
            known.insert(token.content);
        for (const auto& [key, token] : m_named)
            namedContents.insert(token.token.content);
        for (const auto& [key, token] : m_ofModel)
            namedContents.insert(token.token.content);
        const auto give = [&](Mentioned token, bool special) {
            if (special || namedContents.contains(token.token.content))
                token.setSpecial();
            m_side.tokens.push_back(std::move(token.token));
        };
        for (const auto& [id, token] : m_listed) {
            known.insert(token.token.content);
            if (std::ranges::none_of(m_ofJson.tokens(), [&, &read = token](const auto& other) { return sameBut(other, read.token); }))
                give(token, false);
        }
        const auto giveNew = [&](const Mentioned& token) {
            if (known.insert(token.token.content).second)
                give(token, token.isText);
        };
        for (const auto key : kNamed)
            if (const auto at = m_named.find(key); at != m_named.end())
                giveNew(at->second);
        for (const auto& [key, token] : m_ofModel)
            giveNew(token);
        for (const auto& token : m_extra)
            giveNew(token);
        const auto contentOf = [&](const char* key) {
            const auto at = m_named.find(key);
            return at == m_named.end() ? std::string() : at->second.token.content;
        };
        m_side.bos = contentOf("bos_token");
        m_side.eos = contentOf("eos_token");
        return std::move(m_side);
    }

    /// The same text and flags, whatever the ids are.
    static bool sameBut(AddedToken a, const AddedToken& b)
    {
        a.id = b.id;
        return a == b;
    }

    const AddedTokens& m_ofJson;
    const std::optional<std::string>& m_paddingToken;
    SideTokens m_side;
    std::map<std::string, Mentioned, std::less<>> m_named;
    std::vector<std::pair<std::string, Mentioned>> m_ofModel;
    std::vector<Mentioned> m_extra;
    std::map<std::int32_t, Mentioned> m_listed; // by the id that a file gives
    bool m_saidPad = false;
    bool m_saidExtra = false;
};

}

Expected<SideFiles> SideFiles::read(const fs::path& folder)
{
    SideFiles files;
    ES_ASSIGN(files.config, readFile(folder / "tokenizer_config.json"));
    ES_ASSIGN(files.specialTokensMap, readFile(folder / "special_tokens_map.json"));
    ES_ASSIGN(files.addedTokens, readFile(folder / "added_tokens.json"));
    return files;
}

Expected<SideTokens> readSideTokens(
    const SideFiles& files, const AddedTokens& ofJson, const std::optional<std::string>& paddingToken)
{
    return Reader(ofJson, paddingToken).read(files);
}

}
