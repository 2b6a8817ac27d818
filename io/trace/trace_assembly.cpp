// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_assembly.h"

#include "io/base/version.h"
#include "io/trace/hdf5_handle.h"

#include <hdf5_hl.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <set>
#include <unistd.h>

namespace expertscope {

namespace {

using hdf5::Handle;
using hdf5::Lock;

struct Filters
{
    int level = 0; ///< 0: no filter
    bool shuffle = false;
};

/// How a dataset is made; `dimensions` names the scales below its group or the root, one an axis.
struct DatasetSpec
{
    std::string path{};
    hid_t type = H5I_INVALID_HID;
    std::vector<hsize_t> dims{};
    std::vector<hsize_t> chunk{}; ///< empty: contiguous
    bool growing = false; ///< first axis without an upper bound
    Filters filters{};
    const void* fill = nullptr; ///< of `type`; also stored as _FillValue
    std::vector<std::string> dimensions{};
    std::string units{}, longName{}, description{};
};

/// The file that is being written.
class Assembler
{
public:
    Assembler(const std::filesystem::path& path, const Journal& journal, std::uint64_t numTokens)
        : m_path(path.string())
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
        const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
        // The 1.10 format checksums all its metadata and indexes chunks in constant time.
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
        const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
        H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
        m_file = Handle(H5Fcreate(m_path.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose);
        if (!m_file)
            return hdf5::failed("cannot be created", m_path);
        ES_TRY(writeRoot());
        ES_TRY(writeModel());
        ES_TRY(writeProvenance());
        ES_TRY(writeSequences());
        ES_TRY(writeTokens());
        ES_TRY(writeVocabulary());
        ES_TRY(writeRouting());
        m_scales.clear();
        if (m_file.reset() < 0)
            return hdf5::failed("cannot be closed", m_path);
        return {};
    }

private:
    Expected<void> text(hid_t object, const char* name, const std::string& value)
    {
        return hdf5::writeText(object, name, value, m_path);
    }

    Expected<Handle> group(const std::string& path)
    {
        const Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
        H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
        Handle made(H5Gcreate2(m_file, path.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), H5Gclose);
        if (!made)
            return hdf5::failed("group '" + path + "' cannot be made", m_path);
        return made;
    }

    Expected<Handle> dataset(const DatasetSpec& spec)
    {
        std::vector<hsize_t> most = spec.dims;
        if (spec.growing)
            most[0] = H5S_UNLIMITED;
        const Handle space(
            H5Screate_simple(static_cast<int>(spec.dims.size()), spec.dims.data(), most.data()), H5Sclose);
        const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        if (!spec.chunk.empty())
            H5Pset_chunk(creation, static_cast<int>(spec.chunk.size()), spec.chunk.data());
        if (spec.filters.shuffle)
            H5Pset_shuffle(creation);
        if (spec.filters.level > 0)
            H5Pset_deflate(creation, static_cast<unsigned>(spec.filters.level));
        if (spec.fill)
            H5Pset_fill_value(creation, spec.type, spec.fill);
        Handle made(
            H5Dcreate2(m_file, spec.path.c_str(), spec.type, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
        if (!made)
            return hdf5::failed("dataset '" + spec.path + "' cannot be made", m_path);
        if (!spec.units.empty())
            ES_TRY(text(made, "units", spec.units));
        if (!spec.longName.empty())
            ES_TRY(text(made, "long_name", spec.longName));
        if (!spec.description.empty())
            ES_TRY(text(made, "description", spec.description));
        if (spec.fill) {
            const hsize_t one = 1;
            const Handle attributeSpace(H5Screate_simple(1, &one, nullptr), H5Sclose);
            const Handle a(
                H5Acreate2(made, "_FillValue", spec.type, attributeSpace, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
            if (!a || H5Awrite(a, spec.type, spec.fill) < 0)
                return hdf5::failed("fill value of '" + spec.path + "'", m_path);
        }
        for (std::size_t axis = 0; axis < spec.dimensions.size(); ++axis) {
            const auto scale = m_scales.find(spec.dimensions[axis]);
            if (scale == m_scales.end() || H5DSattach_scale(made, scale->second, static_cast<unsigned>(axis)) < 0)
                return hdf5::failed("axis '" + spec.dimensions[axis] + "' of '" + spec.path + "'", m_path);
        }
        return made;
    }

    /// A named axis as netCDF-4 keeps it: a scale without values, which takes no space.
    Expected<void> scale(const std::string& path, hsize_t size, bool growing = false)
    {
        ES_ASSIGN(Handle made,
            dataset({.path = path,
                .type = H5T_IEEE_F32BE,
                .dims = {size},
                .chunk = growing ? std::vector<hsize_t>{1024} : std::vector<hsize_t>{},
                .growing = growing}));
        char name[80];
        std::snprintf(name, sizeof name, "This is a netCDF dimension but not a netCDF variable.%10llu",
            static_cast<unsigned long long>(size));
        if (H5DSset_scale(made, name) < 0)
            return hdf5::failed("axis '" + path + "'", m_path);
        m_scales[path] = std::move(made);
        return {};
    }

    /// A whole column of numbers; deflated when it is worth it.
    template <class T> Expected<Handle> column(DatasetSpec spec, const std::vector<T>& values, hid_t memoryType)
    {
        spec.dims = {values.size()};
        if (spec.growing || values.size() >= 1024) {
            spec.chunk = {std::clamp<hsize_t>(values.size(), 16, 65536)};
            spec.filters = {.level = 4, .shuffle = sizeof(T) > 1};
        }
        ES_ASSIGN(Handle made, dataset(spec));
        if (!values.empty() && H5Dwrite(made, memoryType, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
            return hdf5::failed("'" + spec.path + "' cannot be written", m_path);
        return made;
    }

    Expected<void> texts(DatasetSpec spec, const std::vector<const char*>& values)
    {
        const auto type = hdf5::textType();
        spec.type = type;
        spec.dims = {values.size()};
        ES_ASSIGN(const Handle made, dataset(spec));
        if (!values.empty() && H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
            return hdf5::failed("'" + spec.path + "' cannot be written", m_path);
        return {};
    }

    /// CF's way to name the values of an integer column.
    Expected<void> flags(const Handle& object, std::uint8_t count, const char* meanings)
    {
        const hsize_t n = count;
        std::vector<std::uint8_t> values(count);
        for (std::uint8_t i = 0; i < count; ++i)
            values[i] = i;
        const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
        const Handle a(H5Acreate2(object, "flag_values", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
        if (!a || H5Awrite(a, H5T_NATIVE_UINT8, values.data()) < 0)
            return hdf5::failed("flag_values", m_path);
        return text(object, "flag_meanings", meanings);
    }

    Expected<void> writeRoot()
    {
        ES_TRY(text(m_file, "format", std::string(kTraceFormat)));
        ES_TRY(text(m_file, "format_version", std::string(kTraceFormatVersion)));
        ES_TRY(text(m_file, "uuid", m_record.uuid));
        ES_TRY(text(m_file, "created", m_record.created));
        ES_TRY(text(m_file, "creator", "expertscope"));
        ES_TRY(text(m_file, "creator_version", std::string(kVersion)));
        ES_TRY(text(m_file, "source", "native"));
        const bool complete = storedTokens(m_journal.index(), m_geometry, false, true) == m_geometry.numTokens;
        ES_TRY(hdf5::writeInteger(m_file, "complete", complete ? 1 : 0, m_path));
        ES_TRY(hdf5::writeInteger(m_file, "planned_tokens", static_cast<std::int64_t>(m_geometry.numTokens), m_path));
        ES_TRY(text(m_file, "Conventions", "CF-1.8"));
        ES_TRY(text(m_file, "default", "/routing/expert_id"));
        m_numSequences = 0;
        std::uint64_t begin = 0;
        for (const auto& sequence : m_plan.sequences) {
            if (begin >= m_numTokens)
                break;
            ++m_numSequences;
            begin += sequence.tokenIds.size();
        }
        ES_TRY(scale("token", m_numTokens, true));
        ES_TRY(scale("site", m_geometry.numSites));
        ES_TRY(scale("slot", m_geometry.numSlots));
        ES_TRY(scale("expert", m_geometry.numExperts));
        return scale("sequence", m_numSequences);
    }

    Expected<void> writeModel()
    {
        const auto& p = m_plan.provenance;
        ES_ASSIGN(const Handle model, group("model"));
        ES_TRY(text(model, "model_id", p.modelId));
        ES_TRY(text(model, "model_type", p.modelType));
        ES_TRY(text(model, "architecture", p.architecture));
        ES_TRY(hdf5::writeInteger(model, "num_hidden_layers", p.numHiddenLayers, m_path));
        ES_TRY(hdf5::writeInteger(model, "hidden_size", p.hiddenSize, m_path));
        const auto type = hdf5::textType();
        ES_ASSIGN(const Handle config,
            dataset({.path = "model/config_json", .type = type, .description = "the model's config.json, whole"}));
        const char* json = p.configJson.c_str();
        if (H5Dwrite(config, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &json) < 0)
            return hdf5::failed("'model/config_json' cannot be written", m_path);

        ES_ASSIGN(const Handle layers, group("model/layers"));
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
        ES_TRY(column(
            spec("layer_index", u16, "the model's own layer number, dense layers counted"), layer, H5T_NATIVE_UINT16));
        ES_ASSIGN(const Handle blocks, column(spec("block", u8, "what the router routes for"), kind, H5T_NATIVE_UINT8));
        ES_TRY(flags(blocks, 4, "decoder encoder multi_token_prediction attention"));
        ES_TRY(column(spec("num_experts", u16, "routed experts, shared ones not counted"), experts, H5T_NATIVE_UINT16));
        ES_TRY(column(spec("top_k", u16, "experts a token uses at most"), topK, H5T_NATIVE_UINT16));
        ES_TRY(column(spec("num_shared", u16, "shared experts, used by every token, not part of any id"), shared,
            H5T_NATIVE_UINT16));
        ES_ASSIGN(
            const Handle scores, column(spec("score", u8, "score function of the router"), score, H5T_NATIVE_UINT8));
        ES_TRY(flags(scores, 5, "softmax sigmoid identity sqrt_softplus sparse_mixer"));
        ES_ASSIGN(const Handle renorms,
            column(spec("renorm", u8, "how the weights of the chosen are normalised"), renorm, H5T_NATIVE_UINT8));
        ES_TRY(flags(renorms, 4, "none sum softmax_over_chosen p_norm"));
        ES_TRY(column(spec("scaling", H5T_IEEE_F32LE, "routed scaling factor, already in the weights"), scaling,
            H5T_NATIVE_FLOAT));
        return {};
    }

    Expected<void> writeProvenance()
    {
        ES_ASSIGN(const Handle provenance, group("provenance"));
        for (const auto& [key, value] : m_plan.provenance.attributes) {
            if (!key.empty() && !key.starts_with("plan_hash_"))
                ES_TRY(text(provenance, key.c_str(), value));
        }
        const auto print = fingerprint(m_plan);
        ES_TRY(text(provenance, "plan_hash_sites", print.sites));
        ES_TRY(text(provenance, "plan_hash_sequences", print.sequences));
        ES_TRY(text(provenance, "plan_hash_columns", print.columns));
        return text(provenance, "plan_hash_model", print.model);
    }

    Expected<void> writeSequences()
    {
        ES_ASSIGN(const Handle sequences, group("sequences"));
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
        ES_TRY(column(
            spec("offset", H5T_STD_U64LE, "first token of the sequence", "token index"), offset, H5T_NATIVE_UINT64));
        ES_TRY(column(spec("length", H5T_STD_U32LE, "tokens of the sequence", "token"), length, H5T_NATIVE_UINT32));
        ES_TRY(column(spec("prompt_length", H5T_STD_U32LE, "tokens given; the rest was generated", "token"), prompt,
            H5T_NATIVE_UINT32));
        ES_TRY(texts(spec("name", 0, "name of the sequence", ""), name));
        ES_TRY(texts(spec("source", 0, "where the sequence came from", ""), source));

        ES_ASSIGN(const Handle parent, group("sequences/labels"));
        for (const auto& label : labels)
            ES_TRY(writeLabel(label));
        return {};
    }

    Expected<void> writeLabel(const std::string& label)
    {
        const auto path = "sequences/labels/" + linkName(label);
        ES_ASSIGN(const Handle made, group(path));
        ES_TRY(text(made, "name", label));
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
        ES_TRY(scale(path + "/value", values.size()));
        const std::int32_t none = -1;
        ES_TRY(column(DatasetSpec{.path = path + "/codes",
                          .type = H5T_STD_I32LE,
                          .fill = &none,
                          .dimensions = {"sequence"},
                          .units = "index",
                          .description = "index into values; -1: the sequence has no such label"},
            codes, H5T_NATIVE_INT32));
        return texts(DatasetSpec{.path = path + "/values",
                         .dimensions = {path + "/value"},
                         .description = "distinct values in order of first appearance"},
            values);
    }

    static std::uint32_t promptLength(const PlannedSequence& sequence)
    {
        return sequence.promptLength > 0 ? sequence.promptLength : static_cast<std::uint32_t>(sequence.tokenIds.size());
    }

    Expected<void> writeTokens()
    {
        ES_ASSIGN(const Handle tokens, group("tokens"));
        std::vector<std::int32_t> id;
        std::vector<std::uint32_t> position, sequence;
        std::vector<std::uint8_t> phase;
        for (auto* v : {&position, &sequence})
            v->reserve(m_numTokens);
        id.reserve(m_numTokens);
        phase.reserve(m_numTokens);
        for (std::uint64_t s = 0; s < m_numSequences; ++s) {
            const auto& planned = m_plan.sequences[s];
            for (std::uint32_t i = 0; i < planned.tokenIds.size() && id.size() < m_numTokens; ++i) {
                id.push_back(planned.tokenIds[i]);
                position.push_back(i);
                sequence.push_back(static_cast<std::uint32_t>(s));
                phase.push_back(i < promptLength(planned) ? 1 : 2);
            }
        }
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
        const std::int32_t unknown = -1;
        ES_TRY(
            column(spec("token_id", H5T_STD_I32LE, &unknown, "id in the model's vocabulary; -1: unknown", "token id"),
                id, H5T_NATIVE_INT32));
        ES_TRY(column(spec("position", H5T_STD_U32LE, nullptr, "position in the sequence", "token"), position,
            H5T_NATIVE_UINT32));
        ES_TRY(column(spec("sequence", H5T_STD_U32LE, nullptr, "row of /sequences", "sequence index"), sequence,
            H5T_NATIVE_UINT32));
        ES_ASSIGN(const Handle phases,
            column(spec("phase", H5T_STD_U8LE, nullptr, "was the token given (prefill) or generated (decode)", "1"),
                phase, H5T_NATIVE_UINT8));
        return flags(phases, 3, "unknown prefill decode");
    }

    Expected<void> writeVocabulary()
    {
        if (m_plan.vocabulary.empty())
            return {};
        ES_ASSIGN(const Handle vocabulary, group("vocab"));
        std::vector<std::int32_t> id;
        std::vector<std::uint64_t> offset{0};
        std::vector<std::uint8_t> bytes;
        for (const auto& [token, piece] : m_plan.vocabulary) {
            id.push_back(token);
            bytes.insert(bytes.end(), piece.begin(), piece.end());
            offset.push_back(bytes.size());
        }
        ES_TRY(scale("vocab/entry", id.size()));
        ES_TRY(scale("vocab/boundary", offset.size()));
        ES_TRY(scale("vocab/byte", bytes.size()));
        const auto spec = [](const char* what, hid_t type, const char* axis, const char* description) {
            return DatasetSpec{.path = std::string("vocab/") + what,
                .type = type,
                .dimensions = {axis},
                .units = "1",
                .description = description};
        };
        ES_TRY(
            column(spec("id", H5T_STD_I32LE, "vocab/entry", "token ids that occur, ascending"), id, H5T_NATIVE_INT32));
        ES_TRY(column(spec("piece_offsets", H5T_STD_U64LE, "vocab/boundary",
                          "bytes of entry i: [piece_offsets[i], piece_offsets[i + 1])"),
            offset, H5T_NATIVE_UINT64));
        ES_TRY(column(spec("piece_bytes", H5T_STD_U8LE, "vocab/byte",
                          "bytes of the tokens, one after the other; a token may be a part of a character"),
            bytes, H5T_NATIVE_UINT8));
        return {};
    }

    Expected<void> writeRouting()
    {
        ES_ASSIGN(const Handle routing, group("routing"));
        ES_TRY(text(routing, "id_space", "logical"));
        ES_TRY(text(routing, "slot_order", "selection_score_descending"));
        ES_TRY(text(routing, "weight_stage", "as_multiplied"));
        ES_TRY(text(routing, "logits_stage", "raw"));
        ES_TRY(text(routing, "phase_source", "prompt_length"));
        const bool sameK = std::all_of(
            m_plan.sites.begin(), m_plan.sites.end(), [&](const Site& s) { return s.topK == m_geometry.numSlots; });
        ES_TRY(hdf5::writeInteger(routing, "k_fixed", sameK ? 1 : 0, m_path));

        std::vector<std::byte> packed;
        for (const auto which : kAllColumns) {
            if (!m_geometry.has(which))
                continue;
            ES_ASSIGN(const Handle made, routingDataset(which));
            const std::uint64_t length = m_geometry.chunkLength(which);
            for (std::uint16_t site = 0; site < m_geometry.sitesOf(which); ++site) {
                for (std::uint64_t chunk = 0; chunk * length < m_numTokens; ++chunk) {
                    const auto* where = m_journal.index().find(which, site, chunk);
                    if (!where)
                        break; // only loss may lag behind: filled with NaN
                    ES_TRY(m_journal.read(*where, packed));
                    const hsize_t offset[3] = {chunk * length, site, 0};
                    if (H5Dwrite_chunk(made, H5P_DEFAULT, 0, offset, packed.size(), packed.data()) < 0)
                        return hdf5::failed(
                            "chunk of '" + std::string(columnInfo(which).path) + "' cannot be written", m_path);
                }
            }
        }
        return {};
    }

    Expected<Handle> routingDataset(Column which)
    {
        const auto& info = columnInfo(which);
        const std::uint16_t noExpert = kNoExpert;
        const float noNumber = std::numeric_limits<float>::quiet_NaN();
        const bool ids = which == Column::ExpertId;
        DatasetSpec spec{.path = info.path,
            .type = ids ? H5T_STD_U16LE : H5T_IEEE_F32LE,
            .dims = {m_numTokens},
            .chunk = {m_geometry.chunkLength(which)},
            .growing = true,
            .filters = {.level = kDeflateLevel, .shuffle = true},
            .fill = ids ? static_cast<const void*>(&noExpert) : &noNumber,
            .dimensions = {"token"},
            .units = info.units,
            .longName = info.longName,
            .description = info.description};
        if (which != Column::Loss) {
            spec.dims.push_back(m_geometry.numSites);
            spec.chunk.push_back(1);
            spec.dimensions.emplace_back("site");
        }
        if (ids || which == Column::Weight || which == Column::Logits) {
            spec.dims.push_back(m_geometry.width(which));
            spec.chunk.push_back(m_geometry.width(which));
            spec.dimensions.emplace_back(which == Column::Logits ? "expert" : "slot");
        }
        ES_ASSIGN(Handle made, dataset(spec));
        if (which == Column::Weight || which == Column::Entropy || which == Column::Margin)
            ES_TRY(hdf5::writeInteger(made, "significant_bits", kSignificantBits, m_path));
        return made;
    }

    const std::string m_path;
    const Journal& m_journal;
    const PlanRecord& m_record;
    const TracePlan& m_plan;
    const Geometry& m_geometry;
    const std::uint64_t m_numTokens;
    std::uint64_t m_numSequences = 0;
    Handle m_file;
    std::map<std::string, Handle> m_scales;
};

Expected<void> syncPath(const std::filesystem::path& path, int flags)
{
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool ok = fd >= 0 && fsync(fd) == 0;
    const int code = errno;
    if (fd >= 0)
        ::close(fd);
    // Some file systems cannot sync a folder; that is no reason to lose a trace.
    if (!ok && (flags & O_DIRECTORY) == 0)
        return fail(std::string("cannot be written: ") + std::strerror(code), path.string());
    return {};
}

}

Expected<std::uint64_t> assembleTrace(const std::filesystem::path& target, const Journal& journal)
{
    const auto temporary = temporaryPath(target);
    const auto numTokens = storedTokens(journal.index(), journal.geometry(), false, false);
    auto status = Assembler(temporary, journal, numTokens).write();
    if (status)
        status = syncPath(temporary, O_RDONLY);
    if (!status) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        return tl::unexpected(status.error());
    }
    std::error_code error;
    std::filesystem::rename(temporary, target, error);
    if (error)
        return fail("cannot be renamed: " + error.message(), temporary.string());
    const auto folder = target.parent_path();
    ES_TRY(syncPath(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY));
    return numTokens;
}

}
