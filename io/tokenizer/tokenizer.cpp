// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/tokenizer.h"

#include "io/base/lfs_pointer.h"
#include "io/base/sha256.h"
#include "io/base/text.h"
#include "io/base/utf8.h"
#include "io/tokenizer/added_tokens.h"
#include "io/tokenizer/bpe_model.h"
#include "io/tokenizer/decoder.h"
#include "io/tokenizer/json_fields.h"
#include "io/tokenizer/normalizer.h"
#include "io/tokenizer/post_processor.h"
#include "io/tokenizer/pre_tokenizer.h"
#include "io/tokenizer/side_files.h"
#include "io/tokenizer/unicode.h"

#include <algorithm>
#include <fstream>
#include <mutex>

namespace expertscope {

using namespace tokenizer;

namespace {

/// Everything one encode() writes to, kept for the next: the word cache above all.
struct Workspace
{
    PreTokenizerScratch words;
    BpeScratch model;
    NormalizerBuffers normalized;
    std::vector<AddedTokens::Part> rawParts;
    std::vector<AddedTokens::Part> parts;
};

class ModelSink final : public PieceSink
{
public:
    ModelSink(const BpeModel& model, bool bytes, Workspace& workspace, std::vector<std::int32_t>& ids)
        : m_model(model)
        , m_bytes(bytes)
        , m_workspace(workspace)
        , m_ids(ids)
    {
    }
    bool take(Piece piece) override
    {
        if (auto done = m_model.encode(piece.text, m_bytes, m_workspace.model, m_ids); !done) {
            m_workspace.words.error = std::move(done).error();
            return false;
        }
        return true;
    }

private:
    const BpeModel& m_model;
    bool m_bytes;
    Workspace& m_workspace;
    std::vector<std::int32_t>& m_ids;
};

}

struct Tokenizer::Private
{
    Normalizer normalizer;
    PreTokenizer preTokenizer;
    BpeModel model;
    AddedTokens added;
    PostProcessor postProcessor;
    Decoder decoder;
    std::string hash;
    std::map<std::string, std::string> sideHashes;
    std::vector<std::string> notes;

    std::mutex mutex;
    std::vector<std::unique_ptr<Workspace>> idle; // guarded by mutex

    Expected<void> load(std::string_view json, const std::string& name, const SideFiles& beside);
    Expected<void> addFrom(const SideFiles& beside, const std::optional<std::string>& paddingToken);
    void compareEnds(const SideTokens& side, const std::string& name);
    Expected<void> encode(std::string_view text, Workspace& workspace, std::vector<std::int32_t>& ids) const;
    Expected<void> encodeSection(Piece section, Workspace& workspace, std::vector<std::int32_t>& ids) const;

    std::unique_ptr<Workspace> takeWorkspace()
    {
        const std::lock_guard lock(mutex);
        if (idle.empty())
            return std::make_unique<Workspace>();
        auto workspace = std::move(idle.back());
        idle.pop_back();
        return workspace;
    }
    void giveBack(std::unique_ptr<Workspace> workspace)
    {
        const std::lock_guard lock(mutex);
        idle.push_back(std::move(workspace));
    }
};

Tokenizer::Tokenizer(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

namespace {

std::string hashOf(std::string_view text)
{
    return sha256Hex(std::as_bytes(std::span(text.data(), text.size())));
}

/// What the folder of a model holds instead of a tokenizer.json.
std::string noTokenizerHint(const std::filesystem::path& folder)
{
    std::error_code ignored;
    for (const char* other : {"tokenizer.model", "tekken.json", "vocab.json", "tiktoken.model"}) {
        if (std::filesystem::exists(folder / other, ignored))
            return std::string("there is ") + other
                + ": AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) of transformers writes "
                  "tokenizer.json";
    }
    return "prompts may also be given as token ids";
}

}

Expected<Tokenizer> Tokenizer::open(const std::filesystem::path& path)
{
    std::error_code error;
    const bool folder = std::filesystem::is_directory(path, error);
    const std::filesystem::path file = folder ? path / "tokenizer.json" : path;
    const std::string name = file.string();
    if (!std::filesystem::exists(file, error))
        return fail("there is no such file", name, noTokenizerHint(file.parent_path()));
    if (!std::filesystem::is_regular_file(file, error))
        return fail("not a regular file", name);
    const auto size = std::filesystem::file_size(file, error);
    if (error)
        return fail("cannot be read: " + error.message(), name);
    if (size > kMaxJsonBytes)
        return fail("larger than " + std::to_string(kMaxJsonBytes >> 20) + " MiB", name);
    std::string text(size, '\0');
    std::ifstream in(file, std::ios::binary);
    if (!in.read(text.data(), static_cast<std::streamsize>(size)))
        return fail("cannot be read", name);
    ES_TRY(refuseLfsPointer(text, name));
    SideFiles beside;
    if (folder) {
        ES_ASSIGN(beside, SideFiles::read(path));
    }
    return parse(text, name, beside);
}

Expected<Tokenizer> Tokenizer::parse(std::string_view json, const std::string& name)
{
    return parse(json, name, SideFiles());
}

Expected<Tokenizer> Tokenizer::parse(std::string_view json, const std::string& name, const SideFiles& beside)
{
    auto d = std::make_unique<Private>();
    try {
        ES_TRY(d->load(json, name, beside));
    } catch (const std::exception& ex) { // out of memory
        return fail(std::string("cannot be loaded: ") + ex.what(), name);
    }
    return Tokenizer(std::move(d));
}

Expected<void> Tokenizer::Private::load(std::string_view json, const std::string& name, const SideFiles& beside)
{
    ES_ASSIGN(const JsonTree tree, parseJson(json, name));
    ES_ASSIGN(JsonFields fields, JsonFields::open(tree.root, name));
    const JsonValue none{};
    const auto part = [&](std::string_view key) -> const JsonValue& {
        const JsonValue* value = fields.find(key);
        return value ? *value : none;
    };
    if (fields.find("version")) {
        ES_ASSIGN(const std::string_view version, fields.string("version"));
        if (version != "1.0")
            return fail("unknown version " + inQuotes(version), fields.place("version"));
    }
    ES_ASSIGN(const JsonValue* modelValue, fields.require("model"));
    for (const char* key : {"truncation", "padding"}) {
        const JsonValue& value = part(key);
        if (!value.isNull() && value.kind() != JsonValue::Kind::Object)
            return wrongKind("an object or null", value, fields.place(key));
        if (!value.isNull())
            notes.push_back(fields.place(key) + ": not applied, texts are taken whole");
    }
    const JsonValue& normalizerValue = part("normalizer");
    const JsonValue& preTokenizerValue = part("pre_tokenizer");
    const JsonValue& postProcessorValue = part("post_processor");
    const JsonValue& decoderValue = part("decoder");
    const JsonValue* addedValue = fields.find("added_tokens");
    ES_TRY(fields.finish());

    ES_ASSIGN(model, BpeModel::load(*modelValue, fields.place("model")));
    ES_ASSIGN(normalizer, Normalizer::load(normalizerValue, fields.place("normalizer")));
    ES_ASSIGN(preTokenizer, PreTokenizer::load(preTokenizerValue, fields.place("pre_tokenizer")));
    ES_ASSIGN(postProcessor, PostProcessor::load(postProcessorValue, fields.place("post_processor")));
    ES_ASSIGN(decoder, Decoder::load(decoderValue, fields.place("decoder")));
    if (addedValue) {
        ES_ASSIGN(added, AddedTokens::load(*addedValue, fields.place("added_tokens"), model.vocabulary()));
    }
    hash = hashOf(json);
    std::optional<std::string> paddingToken;
    if (const JsonValue& padding = part("padding"); !padding.isNull()) {
        for (const JsonMember& member : padding.members())
            if (member.key == "pad_token" && member.value.kind() == JsonValue::Kind::String)
                paddingToken = std::string(member.value.string());
    }
    return addFrom(beside, paddingToken);
}

Expected<void> Tokenizer::Private::addFrom(const SideFiles& beside, const std::optional<std::string>& paddingToken)
{
    SideTokens side;
    if (beside.config || beside.specialTokensMap || beside.addedTokens) {
        ES_ASSIGN(side, readSideTokens(beside, added, paddingToken));
    }
    const std::string name = beside.config ? beside.config->name : std::string();
    std::string renumbered;
    for (const AddedToken& token : side.tokens) {
        const std::int32_t id = added.add(token, model.vocabulary());
        if (token.id >= 0 && id >= 0 && id != token.id)
            addPart(renumbered, inQuotes(token.content) + " is " + std::to_string(id));
    }
    if (!renumbered.empty())
        notes.push_back(name + ": added tokens with ids that the vocabulary does not give: " + renumbered
            + ", as in the reference library");
    if (side.splitsSpecial)
        notes.push_back(name + ": split_special_tokens: special tokens in the prompts are read as plain text");
    ES_TRY(added.finish(normalizer, side.splitsSpecial, "added_tokens"));
    for (const auto* file : {&beside.config, &beside.specialTokensMap, &beside.addedTokens})
        if (*file)
            sideHashes[std::filesystem::path((*file)->name).filename().string()] = hashOf((*file)->text);
    compareEnds(side, name);
    return {};
}

/// tokenizer.json says what is put around a text; where the file beside it says otherwise, the user should know.
void Tokenizer::Private::compareEnds(const SideTokens& side, const std::string& name)
{
    const auto idOf = [&](const std::string& content) {
        for (const AddedToken& token : added.tokens())
            if (token.content == content)
                return token.id;
        return model.vocabulary().find(content);
    };
    const auto compare = [&](const char* key, const std::optional<bool>& says, const std::string& token, bool behind) {
        if (says && !token.empty() && *says != postProcessor.adds(idOf(token), behind))
            notes.push_back(name + ": " + key + " is " + (*says ? "true" : "false") + ", but tokenizer.json "
                + (*says ? "adds no " : "adds ") + inQuotes(token) + (behind ? " behind" : " before")
                + " a text: tokenizer.json counts, as in transformers 5");
    };
    compare("add_bos_token", side.addsBos, side.bos, false);
    compare("add_eos_token", side.addsEos, side.eos, true);
}

Expected<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text, bool addSpecialTokens) const
{
    if (const auto bad = invalidUtf8At(text))
        return fail("not valid UTF-8", "text: byte " + std::to_string(*bad));
    if (text.size() > INT32_MAX / 4)
        return fail("longer than 512 MiB", "text", "split it into documents");
    std::vector<std::int32_t> ids;
    try {
        auto workspace = d->takeWorkspace();
        ids.reserve(text.size() / 3 + 8);
        const auto done = d->encode(text, *workspace, ids);
        d->giveBack(std::move(workspace));
        ES_TRY(done);
        d->postProcessor.apply(ids, addSpecialTokens);
    } catch (const std::exception& ex) { // out of memory
        return fail(std::string("cannot be encoded: ") + ex.what(), "text");
    }
    return ids;
}

Expected<void> Tokenizer::Private::encode(
    std::string_view text, Workspace& workspace, std::vector<std::int32_t>& ids) const
{
    ES_TRY(added.split(text, AddedTokens::Pass::Raw, workspace.rawParts, workspace.words.regex));
    for (const AddedTokens::Part& part : workspace.rawParts) {
        if (part.id >= 0) {
            ids.push_back(part.id);
            continue;
        }
        Piece section{text.substr(part.begin, part.end - part.begin), 0};
        if (part.begin == 0 && !section.text.empty())
            nextCodePoint(section.text, section.origin);
        ES_TRY(encodeSection(section, workspace, ids));
    }
    return {};
}

/// What lies between two tokens of the raw text: normalised on its own.
Expected<void> Tokenizer::Private::encodeSection(
    Piece section, Workspace& workspace, std::vector<std::int32_t>& ids) const
{
    ES_ASSIGN(section, normalizer.apply(section, workspace.normalized, workspace.words.regex));
    ModelSink sink(model, preTokenizer.bytesOut(), workspace, ids);
    const auto run = [&](Piece piece) -> Expected<void> {
        if (!preTokenizer.run(piece, workspace.words, sink))
            return tl::unexpected(*std::exchange(workspace.words.error, {}));
        return {};
    };
    if (!added.has(AddedTokens::Pass::Normalized))
        return run(section);
    ES_TRY(added.split(section.text, AddedTokens::Pass::Normalized, workspace.parts, workspace.words.regex));
    for (const AddedTokens::Part& part : workspace.parts) {
        if (part.id >= 0)
            ids.push_back(part.id);
        else
            ES_TRY(run(section.slice(part.begin, part.end)));
    }
    return {};
}

std::string Tokenizer::tokenBytes(std::int32_t id) const
{
    if (const AddedToken* token = d->added.token(id))
        return token->content;
    auto workspace = d->takeWorkspace();
    std::string bytes = d->decoder.bytesOf(d->model.vocabulary().text(id), workspace->words.regex);
    d->giveBack(std::move(workspace));
    return bytes;
}

std::int32_t Tokenizer::vocabularySize() const
{
    return std::max(d->model.vocabulary().largestId(), d->added.largestId()) + 1;
}

const std::string& Tokenizer::fileHash() const
{
    return d->hash;
}

const std::map<std::string, std::string>& Tokenizer::sideFileHashes() const
{
    return d->sideHashes;
}

std::string Tokenizer::unicodeVersion()
{
    return regexUnicodeVersion();
}

const std::vector<std::string>& Tokenizer::notes() const
{
    return d->notes;
}

}
