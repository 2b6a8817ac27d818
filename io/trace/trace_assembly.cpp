// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_assembly.h"

#include "io/base/interrupts.h"
#include "io/base/version.h"
#include "io/trace/hdf5_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace expertscope {

namespace {

using hdf5::DatasetSpec;
using hdf5::Handle;
using hdf5::Lock;

/// The file that is being written.
class Assembler
{
public:
    Assembler(const NewFile& file, const Journal& journal, std::uint64_t numTokens)
        : m_out(file)
        , m_journal(journal)
        , m_record(*journal.record())
        , m_plan(m_record.plan)
        , m_geometry(journal.geometry())
        , m_numTokens(numTokens)
    {
    }

    Expected<void> write()
    {
        const Lock lock;
        ES_TRY(m_out.create());
        ES_TRY(writeRoot());
        ES_TRY(writeModel());
        ES_TRY(writeProvenance());
        ES_TRY(writeSequences());
        ES_TRY(writeTokens());
        ES_TRY(writeVocabulary());
        ES_TRY(writeRouting());
        return m_out.close();
    }

private:
    Expected<void> writeRoot()
    {
        ES_TRY(m_out.text(m_out.file(), "format", std::string(kTraceFormat)));
        ES_TRY(m_out.text(m_out.file(), "format_version", std::string(kTraceFormatVersion)));
        ES_TRY(m_out.text(m_out.file(), "uuid", m_record.uuid));
        ES_TRY(m_out.text(m_out.file(), "created", m_record.created));
        ES_TRY(m_out.text(m_out.file(), "creator", "expertscope"));
        ES_TRY(m_out.text(m_out.file(), "creator_version", std::string(kVersion)));
        ES_TRY(m_out.text(m_out.file(), "source", "native"));
        const bool complete = storedTokens(m_journal.index(), m_geometry, false, true) == m_geometry.numTokens;
        ES_TRY(m_out.integer(m_out.file(), "complete", complete ? 1 : 0));
        ES_TRY(m_out.integer(m_out.file(), "planned_tokens", static_cast<std::int64_t>(m_geometry.numTokens)));
        ES_TRY(m_out.text(m_out.file(), "Conventions", "CF-1.8"));
        ES_TRY(m_out.text(m_out.file(), "default", "/routing/expert_id"));
        m_numSequences = 0;
        std::uint64_t begin = 0;
        for (const auto& sequence : m_plan.sequences) {
            if (begin >= m_numTokens)
                break;
            ++m_numSequences;
            begin += sequence.tokenIds.size();
        }
        ES_TRY(m_out.scale("token", m_numTokens, true));
        ES_TRY(m_out.scale("site", m_geometry.numSites));
        ES_TRY(m_out.scale("slot", m_geometry.numSlots));
        ES_TRY(m_out.scale("expert", m_geometry.numExperts));
        return m_out.scale("sequence", m_numSequences);
    }

    Expected<void> writeModel()
    {
        const auto& p = m_plan.provenance;
        ES_ASSIGN(const Handle model, m_out.group("model"));
        ES_TRY(m_out.text(model, "model_id", p.modelId));
        ES_TRY(m_out.text(model, "model_type", p.modelType));
        ES_TRY(m_out.text(model, "architecture", p.architecture));
        ES_TRY(m_out.integer(model, "num_hidden_layers", p.numHiddenLayers));
        ES_TRY(m_out.integer(model, "hidden_size", p.hiddenSize));
        ES_TRY(m_out.fixedText(
            {.path = "model/config_json", .description = "the model's config.json, whole"}, p.configJson));

        ES_ASSIGN(const Handle layers, m_out.group("model/layers"));
        std::vector<std::uint16_t> layer, experts, topK, shared;
        std::vector<std::uint8_t> kind, score, renorm;
        std::vector<float> scaling;
        for (const auto& site : m_plan.sites) {
            layer.push_back(site.layer);
            kind.push_back(static_cast<std::uint8_t>(site.kind));
            experts.push_back(site.numExperts);
            topK.push_back(site.topK);
            shared.push_back(site.numShared);
            score.push_back(static_cast<std::uint8_t>(site.score));
            renorm.push_back(static_cast<std::uint8_t>(site.renormalisation));
            scaling.push_back(site.scaling);
        }
        const auto spec = [](const char* name, hid_t fileType, const char* description) {
            return DatasetSpec{.path = std::string("model/layers/") + name,
                .type = fileType,
                .dimensions = {"site"},
                .units = "1",
                .description = description};
        };
        const auto u16 = H5T_STD_U16LE, u8 = H5T_STD_U8LE;
        ES_TRY(m_out.column(
            spec("layer_index", u16, "the model's own layer number, dense layers counted"), layer, H5T_NATIVE_UINT16));
        ES_ASSIGN(
            const Handle blocks, m_out.column(spec("block", u8, "what the router routes for"), kind, H5T_NATIVE_UINT8));
        ES_TRY(m_out.flags(blocks, 4, "decoder encoder multi_token_prediction attention"));
        ES_TRY(m_out.column(
            spec("num_experts", u16, "routed experts, shared ones not counted"), experts, H5T_NATIVE_UINT16));
        ES_TRY(m_out.column(spec("top_k", u16, "experts a token uses at most"), topK, H5T_NATIVE_UINT16));
        ES_TRY(m_out.column(spec("num_shared", u16, "shared experts, used by every token, not part of any id"), shared,
            H5T_NATIVE_UINT16));
        ES_ASSIGN(const Handle scores,
            m_out.column(spec("score", u8, "score function of the router"), score, H5T_NATIVE_UINT8));
        ES_TRY(m_out.flags(scores, 5, "softmax sigmoid identity sqrt_softplus sparse_mixer"));
        ES_ASSIGN(const Handle renorms,
            m_out.column(spec("renorm", u8, "how the weights of the chosen are normalised"), renorm, H5T_NATIVE_UINT8));
        ES_TRY(m_out.flags(renorms, 4, "none sum softmax_over_chosen p_norm"));
        ES_TRY(m_out.column(spec("scaling", H5T_IEEE_F32LE, "routed scaling factor, already in the weights"), scaling,
            H5T_NATIVE_FLOAT));
        return {};
    }

    Expected<void> writeProvenance()
    {
        ES_ASSIGN(const Handle provenance, m_out.group("provenance"));
        for (const auto& [key, value] : m_plan.provenance.attributes) {
            if (!key.empty() && !key.starts_with("plan_hash_"))
                ES_TRY(m_out.text(provenance, key.c_str(), value));
        }
        const auto print = fingerprint(m_plan);
        ES_TRY(m_out.text(provenance, "plan_hash_sites", print.sites));
        ES_TRY(m_out.text(provenance, "plan_hash_sequences", print.sequences));
        ES_TRY(m_out.text(provenance, "plan_hash_columns", print.columns));
        return m_out.text(provenance, "plan_hash_model", print.model);
    }

    Expected<void> writeSequences()
    {
        ES_ASSIGN(const Handle sequences, m_out.group("sequences"));
        std::vector<std::uint64_t> offset;
        std::vector<std::uint32_t> length, prompt;
        std::vector<const char*> name, source;
        std::set<std::string> labels;
        std::uint64_t begin = 0;
        for (std::uint64_t s = 0; s < m_numSequences; ++s) {
            const auto& sequence = m_plan.sequences[s];
            const auto size =
                static_cast<std::uint32_t>(std::min<std::uint64_t>(sequence.tokenIds.size(), m_numTokens - begin));
            offset.push_back(begin);
            length.push_back(size);
            prompt.push_back(std::min(promptLength(sequence), size));
            name.push_back(sequence.name.c_str());
            source.push_back(sequence.source.c_str());
            begin += size;
        }
        // All planned labels, also when an interrupted capture never got to them: the same list whenever it is asked
        // for.
        for (const auto& sequence : m_plan.sequences) {
            for (const auto& [key, value] : sequence.labels)
                labels.insert(key);
        }
        const auto spec = [](const char* what, hid_t type, const char* description, const char* units) {
            return DatasetSpec{.path = std::string("sequences/") + what,
                .type = type,
                .dimensions = {"sequence"},
                .units = units,
                .description = description};
        };
        ES_TRY(m_out.column(
            spec("offset", H5T_STD_U64LE, "first token of the sequence", "token index"), offset, H5T_NATIVE_UINT64));
        ES_TRY(
            m_out.column(spec("length", H5T_STD_U32LE, "tokens of the sequence", "token"), length, H5T_NATIVE_UINT32));
        ES_TRY(m_out.column(spec("prompt_length", H5T_STD_U32LE, "tokens given; the rest was generated", "token"),
            prompt, H5T_NATIVE_UINT32));
        ES_TRY(m_out.texts(spec("name", 0, "name of the sequence", ""), name));
        ES_TRY(m_out.texts(spec("source", 0, "where the sequence came from", ""), source));

        ES_ASSIGN(const Handle parent, m_out.group("sequences/labels"));
        for (const auto& label : labels)
            ES_TRY(writeLabel(label));
        return {};
    }

    Expected<void> writeLabel(const std::string& label)
    {
        const auto path = "sequences/labels/" + linkName(label);
        ES_ASSIGN(const Handle made, m_out.group(path));
        ES_TRY(m_out.text(made, "name", label));
        std::map<std::string, std::int32_t> known;
        std::vector<const char*> values;
        std::vector<std::int32_t> codes;
        for (std::uint64_t s = 0; s < m_numSequences; ++s) {
            const auto it = m_plan.sequences[s].labels.find(label);
            if (it == m_plan.sequences[s].labels.end()) {
                codes.push_back(-1);
                continue;
            }
            const auto [entry, isNew] = known.try_emplace(it->second, static_cast<std::int32_t>(values.size()));
            if (isNew)
                values.push_back(it->second.c_str());
            codes.push_back(entry->second);
        }
        ES_TRY(m_out.scale(path + "/value", values.size()));
        const std::int32_t none = -1;
        ES_TRY(m_out.column(DatasetSpec{.path = path + "/codes",
                                .type = H5T_STD_I32LE,
                                .fill = &none,
                                .dimensions = {"sequence"},
                                .units = "index",
                                .description = "index into values; -1: the sequence has no such label"},
            codes, H5T_NATIVE_INT32));
        return m_out.texts(DatasetSpec{.path = path + "/values",
                               .dimensions = {path + "/value"},
                               .description = "distinct values in order of first appearance"},
            values);
    }

    static std::uint32_t promptLength(const PlannedSequence& sequence)
    {
        return sequence.promptLength > 0 ? sequence.promptLength : static_cast<std::uint32_t>(sequence.tokenIds.size());
    }

    /// A token, by its sequence.
    struct Place
    {
        std::uint32_t sequence = 0, position = 0;
        const PlannedSequence* planned = nullptr;
    };

    Expected<void> writeTokens()
    {
        ES_ASSIGN(const Handle tokens, m_out.group("tokens"));
        const auto spec = [](const char* what, hid_t type, const void* fill, const char* description,
                              const char* units) {
            return DatasetSpec{.path = std::string("tokens/") + what,
                .type = type,
                .growing = true,
                .fill = fill,
                .dimensions = {"token"},
                .units = units,
                .description = description};
        };
        // Part by part: whole columns of a trace of 100 million tokens would be 1.3 GB.
        const auto column = [&]<class T>(const DatasetSpec& what, hid_t memoryType, T (*value)(const Place&)) {
            return m_out.column<T>(
                what, m_numTokens, memoryType, [this, value, place = Place{}](std::span<T> part) mutable {
                    for (T& v : part) {
                        while (place.position == m_plan.sequences[place.sequence].tokenIds.size())
                            place = {.sequence = place.sequence + 1};
                        place.planned = &m_plan.sequences[place.sequence];
                        v = value(place);
                        ++place.position;
                    }
                });
        };
        const std::int32_t unknown = -1;
        ES_TRY(column(
            spec("token_id", H5T_STD_I32LE, &unknown, "id in the model's vocabulary; -1: unknown", "token id"),
            H5T_NATIVE_INT32, +[](const Place& at) { return at.planned->tokenIds[at.position]; }));
        ES_TRY(column(
            spec("position", H5T_STD_U32LE, nullptr, "position in the sequence", "token"), H5T_NATIVE_UINT32,
            +[](const Place& at) { return at.position; }));
        ES_TRY(column(
            spec("sequence", H5T_STD_U32LE, nullptr, "row of /sequences", "sequence index"), H5T_NATIVE_UINT32,
            +[](const Place& at) { return at.sequence; }));
        ES_ASSIGN(const Handle phases,
            column(
                spec("phase", H5T_STD_U8LE, nullptr, "was the token given (prefill) or generated (decode)", "1"),
                H5T_NATIVE_UINT8, +[](const Place& at) {
                    return static_cast<std::uint8_t>(at.position < promptLength(*at.planned) ? 1 : 2);
                }));
        return m_out.flags(phases, 3, "unknown prefill decode");
    }

    Expected<void> writeVocabulary()
    {
        if (m_plan.vocabulary.empty())
            return {};
        ES_ASSIGN(const Handle vocabulary, m_out.group("vocab"));
        std::vector<std::int32_t> id;
        std::vector<std::uint64_t> offset{0};
        std::vector<std::uint8_t> bytes;
        for (const auto& [token, piece] : m_plan.vocabulary) {
            id.push_back(token);
            bytes.insert(bytes.end(), piece.begin(), piece.end());
            offset.push_back(bytes.size());
        }
        ES_TRY(m_out.scale("vocab/entry", id.size()));
        ES_TRY(m_out.scale("vocab/boundary", offset.size()));
        ES_TRY(m_out.scale("vocab/byte", bytes.size()));
        const auto spec = [](const char* what, hid_t type, const char* axis, const char* description) {
            return DatasetSpec{.path = std::string("vocab/") + what,
                .type = type,
                .dimensions = {axis},
                .units = "1",
                .description = description};
        };
        ES_TRY(m_out.column(
            spec("id", H5T_STD_I32LE, "vocab/entry", "token ids that occur, ascending"), id, H5T_NATIVE_INT32));
        ES_TRY(m_out.column(spec("piece_offsets", H5T_STD_U64LE, "vocab/boundary",
                                "bytes of entry i: [piece_offsets[i], piece_offsets[i + 1])"),
            offset, H5T_NATIVE_UINT64));
        ES_TRY(m_out.column(spec("piece_bytes", H5T_STD_U8LE, "vocab/byte",
                                "bytes of the tokens, one after the other; a token may be a part of a character"),
            bytes, H5T_NATIVE_UINT8));
        return {};
    }

    Expected<void> writeRouting()
    {
        ES_ASSIGN(const Handle routing, m_out.group("routing"));
        ES_TRY(m_out.text(routing, "id_space", "logical"));
        ES_TRY(m_out.text(routing, "slot_order", "selection_score_descending"));
        ES_TRY(m_out.text(routing, "weight_stage", "as_multiplied"));
        ES_TRY(m_out.text(routing, "logits_stage", "raw"));
        ES_TRY(m_out.text(routing, "phase_source", "prompt_length"));
        const bool sameK = std::all_of(
            m_plan.sites.begin(), m_plan.sites.end(), [&](const Site& s) { return s.topK == m_geometry.numSlots; });
        ES_TRY(m_out.integer(routing, "k_fixed", sameK ? 1 : 0));

        std::vector<std::byte> packed;
        for (const auto which : kAllColumns) {
            if (!m_geometry.has(which))
                continue;
            ES_ASSIGN(const Handle made, routingDataset(which));
            const std::uint64_t length = m_geometry.chunkLength(which);
            for (std::uint64_t group = 0; group * length < m_numTokens; group += kGroupChunks) {
                for (std::uint16_t site = 0; site < m_geometry.sitesOf(which); ++site)
                    ES_TRY(copyChunks(which, made, site, group, packed));
            }
        }
        return {};
    }

    /// Chunks of a site that lie side by side in the trace. Whoever reads one site reads long runs, while the stretch
    /// of the journal that they come from, with all its sites, still fits the page cache.
    static constexpr std::uint64_t kGroupChunks = 64;

    Expected<void> copyChunks(
        Column which, hid_t dataset, std::uint16_t site, std::uint64_t first, std::vector<std::byte>& packed)
    {
        const std::uint64_t length = m_geometry.chunkLength(which);
        for (auto chunk = first; chunk < first + kGroupChunks && chunk * length < m_numTokens; ++chunk) {
            const auto* where = m_journal.index().find(which, site, chunk);
            if (!where)
                break; // only columns of no site may lag behind: filled up
            ES_TRY(m_journal.read(*where, packed));
            const hsize_t offset[3] = {chunk * length, site, 0};
            if (H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, packed.size(), packed.data()) < 0)
                return m_out.failed("chunk of '" + std::string(columnInfo(which).path) + "' cannot be written");
            ES_TRY(m_out.written());
        }
        return {};
    }

    Expected<Handle> routingDataset(Column which)
    {
        const auto& info = columnInfo(which);
        const std::uint16_t noExpert = kNoExpert;
        const float noNumber = std::numeric_limits<float>::quiet_NaN();
        const std::int32_t noToken = -1;
        const bool ids = which == Column::ExpertId, predicted = which == Column::Predicted;
        DatasetSpec spec{.path = info.path,
            .type = ids ? H5T_STD_U16LE : predicted ? H5T_STD_I32LE : H5T_IEEE_F32LE,
            .dims = {m_numTokens},
            .chunk = {m_geometry.chunkLength(which)},
            .growing = true,
            .filters = {.level = kDeflateLevel, .shuffle = true},
            .fill = ids   ? static_cast<const void*>(&noExpert)
                : predicted ? static_cast<const void*>(&noToken)
                            : &noNumber,
            .dimensions = {"token"},
            .units = info.units,
            .longName = info.longName,
            .description = info.description};
        if (!isPerToken(which)) {
            spec.dims.push_back(m_geometry.numSites);
            spec.chunk.push_back(1);
            spec.dimensions.emplace_back("site");
        }
        if (ids || which == Column::Weight || which == Column::Logits) {
            spec.dims.push_back(m_geometry.width(which));
            spec.chunk.push_back(m_geometry.width(which));
            spec.dimensions.emplace_back(which == Column::Logits ? "expert" : "slot");
        }
        ES_ASSIGN(Handle made, m_out.dataset(spec));
        if (which == Column::Weight || which == Column::Entropy || which == Column::Margin)
            ES_TRY(m_out.integer(made, "significant_bits", kSignificantBits));
        return made;
    }

    hdf5::Builder m_out;
    const Journal& m_journal;
    const PlanRecord& m_record;
    const TracePlan& m_plan;
    const Geometry& m_geometry;
    const std::uint64_t m_numTokens;
    std::uint64_t m_numSequences = 0;
};

}

Expected<std::uint64_t> assembleTrace(const std::filesystem::path& target, const Journal& journal)
{
    const auto numTokens = storedTokens(journal.index(), journal.geometry(), false, false);
    ES_ASSIGN(NewFile file, NewFile::create(target));
    ES_TRY(Assembler(file, journal, numTokens).write());
    ES_TRY(file.finish(true));
    const Uninterrupted both;
    ES_TRY(file.place(true));
    noteWritten(target);
    return numTokens;
}

}
