// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_tables.h"

#include "io/trace/hdf5_file_driver.h"
#include "io/trace/numeric_dataset.h"
#include "io/trace/trace_schema.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <sys/stat.h>

namespace expertscope {

namespace {

using Kind = NumericDataset::Kind;

Expected<std::string> textOr(hid_t object, const char* attribute, const std::string& where,
    const std::string& otherwise, std::size_t limit = 1 << 16)
{
    ES_ASSIGN(const bool there, hdf5::hasAttribute(object, attribute, where));
    if (!there)
        return otherwise;
    return hdf5::readText(object, attribute, where, limit);
}

/// "1.4.0" -> 1; anything else is not a version.
Expected<int> majorVersion(const std::string& version, const std::string& where)
{
    const auto dot = version.find('.');
    if (dot == 0 || dot == std::string::npos || dot > 4
        || version.find_first_not_of("0123456789.") != std::string::npos)
        return fail("format_version '" + version.substr(0, 40) + "' is not MAJOR.MINOR.PATCH", where);
    return std::stoi(version.substr(0, dot));
}

Expected<std::vector<Site>> readSites(const OpenTrace& trace)
{
    const auto column = [&](const char* name, Kind kind, hsize_t rows) {
        return NumericDataset::open(
            trace.file, std::string("model/layers/") + name, kind, {rows}, trace.name, trace.bytes);
    };
    ES_ASSIGN(const auto experts, column("num_experts", Kind::Integer, NumericDataset::kAnyLength));
    const auto rows = experts.dims()[0];
    if (rows == 0 || rows > kMaxSites)
        return fail(
            std::to_string(rows) + " sites, 1 to " + std::to_string(kMaxSites) + " are allowed", experts.where());
    std::vector<Site> sites(rows);
    const auto integers = [&](const char* name, std::int64_t limit, auto set) -> Expected<void> {
        ES_ASSIGN(const auto dataset, column(name, Kind::Integer, rows));
        ES_ASSIGN(const auto values, dataset.template readAll<std::int64_t>());
        for (std::size_t m = 0; m < rows; ++m) {
            if (values[m] < 0 || values[m] > limit)
                return fail("site " + std::to_string(m) + ": " + std::to_string(values[m]) + ", 0 to "
                        + std::to_string(limit) + " are allowed",
                    dataset.where());
            set(sites[m], values[m]);
        }
        return {};
    };
    ES_TRY(integers("num_experts", kMaxExperts, [](Site& s, std::int64_t v) { s.numExperts = std::uint16_t(v); }));
    ES_TRY(integers("layer_index", 65535, [](Site& s, std::int64_t v) { s.layer = std::uint16_t(v); }));
    ES_TRY(integers("top_k", kMaxSlots, [](Site& s, std::int64_t v) { s.topK = std::uint16_t(v); }));
    ES_TRY(integers("num_shared", 65535, [](Site& s, std::int64_t v) { s.numShared = std::uint16_t(v); }));
    ES_TRY(integers("block", 255, [](Site& s, std::int64_t v) { s.kind = SiteKind(v); }));
    ES_TRY(integers("score", 255, [](Site& s, std::int64_t v) { s.score = ScoreFunction(v); }));
    ES_TRY(integers("renorm", 255, [](Site& s, std::int64_t v) { s.renormalisation = Renormalisation(v); }));
    ES_ASSIGN(const auto scalingColumn, column("scaling", Kind::Float, rows));
    ES_ASSIGN(const auto scaling, scalingColumn.readAll<float>());
    for (std::size_t m = 0; m < rows; ++m)
        sites[m].scaling = scaling[m];
    ES_TRY(checkSites(sites, trace.name));
    return sites;
}

Expected<void> readProvenance(const OpenTrace& trace, Provenance& p)
{
    ES_ASSIGN(const auto model, hdf5::openGroup(trace.file, "model", trace.name));
    const auto where = trace.name + ": group 'model'";
    ES_ASSIGN(p.modelId, textOr(model, "model_id", where, ""));
    ES_ASSIGN(p.modelType, textOr(model, "model_type", where, ""));
    ES_ASSIGN(p.architecture, textOr(model, "architecture", where, ""));
    const auto number = [&](const char* name, std::uint32_t& value) -> Expected<void> {
        ES_ASSIGN(const bool there, hdf5::hasAttribute(model, name, where));
        if (!there)
            return {};
        ES_ASSIGN(const auto v, hdf5::readInteger(model, name, where));
        if (v < 0 || v > 0xffffffffll)
            return fail(std::to_string(v) + " is out of range", where + ": attribute '" + name + "'");
        value = static_cast<std::uint32_t>(v);
        return {};
    };
    ES_TRY(number("num_hidden_layers", p.numHiddenLayers));
    ES_TRY(number("hidden_size", p.hiddenSize));
    ES_ASSIGN(const bool hasConfig, hdf5::exists(model, "config_json", trace.name));
    if (hasConfig) {
        ES_ASSIGN(const auto config, hdf5::openDataset(model, "config_json", trace.name));
        ES_ASSIGN(p.configJson, hdf5::readScalarText(config, trace.name + ": dataset 'model/config_json'", 16 << 20));
    }
    ES_ASSIGN(const bool hasProvenance, hdf5::exists(trace.file, "provenance", trace.name));
    if (!hasProvenance)
        return {};
    ES_ASSIGN(const auto provenance, hdf5::openGroup(trace.file, "provenance", trace.name));
    const auto place = trace.name + ": group 'provenance'";
    ES_ASSIGN(const auto names, hdf5::attributeNames(provenance, place));
    for (const auto& name : names) {
        if (name.starts_with("plan_hash_"))
            continue;
        // What others add there need not be text; it is not ours to complain about.
        ES_ASSIGN(const bool text, hdf5::isText(provenance, name, place));
        if (text) {
            ES_ASSIGN(p.attributes[name], hdf5::readText(provenance, name, place));
        }
    }
    return {};
}

Expected<Label> readLabel(const OpenTrace& trace, const std::string& link, std::uint64_t numSequences, bool nameOnly)
{
    const auto path = "sequences/labels/" + link;
    Label label;
    ES_ASSIGN(const auto group, hdf5::openGroup(trace.file, path, trace.name));
    ES_ASSIGN(label.name, textOr(group, "name", trace.name + ": group '" + path + "'", link));
    if (nameOnly)
        return label;
    ES_ASSIGN(const auto codes,
        NumericDataset::open(trace.file, path + "/codes", Kind::Integer, {numSequences}, trace.name, trace.bytes));
    ES_ASSIGN(const auto values, hdf5::openDataset(trace.file, path + "/values", trace.name));
    const auto where = trace.name + ": dataset '" + path + "/values'";
    ES_ASSIGN(const auto dims, hdf5::dimensions(values, where));
    if (dims.size() != 1 || dims[0] > std::max<std::uint64_t>(numSequences, 65536) || dims[0] > trace.bytes)
        return fail("is not a list of at most one value a sequence", where);
    ES_ASSIGN(label.values, hdf5::readTexts(values, dims[0], where));
    ES_ASSIGN(const auto numbers, codes.readAll<std::int64_t>());
    label.codes.reserve(numbers.size());
    for (std::size_t s = 0; s < numbers.size(); ++s) {
        if (numbers[s] < -1 || numbers[s] >= static_cast<std::int64_t>(dims[0]))
            return fail("code " + std::to_string(numbers[s]) + " of sequence " + std::to_string(s) + ", but there are "
                    + std::to_string(dims[0]) + " values",
                codes.where());
        label.codes.push_back(static_cast<std::int32_t>(numbers[s]));
    }
    return label;
}

Expected<std::vector<Sequence>> readSequences(const OpenTrace& trace, std::uint64_t numTokens, std::uint64_t count)
{
    const auto column = [&](const char* name) -> Expected<std::vector<std::int64_t>> {
        ES_ASSIGN(const auto dataset,
            NumericDataset::open(
                trace.file, std::string("sequences/") + name, Kind::Integer, {count}, trace.name, trace.bytes));
        return dataset.readAll<std::int64_t>();
    };
    const auto texts = [&](const char* name) -> Expected<std::vector<std::string>> {
        const auto path = std::string("sequences/") + name;
        const auto where = trace.name + ": dataset '" + path + "'";
        ES_ASSIGN(const bool there, hdf5::exists(trace.file, path, trace.name));
        if (!there)
            return std::vector<std::string>(count);
        ES_ASSIGN(const auto dataset, hdf5::openDataset(trace.file, path, trace.name));
        ES_ASSIGN(const auto dims, hdf5::dimensions(dataset, where));
        if (dims.size() != 1 || dims[0] != count)
            return fail("is not a list of " + std::to_string(count) + " texts", where);
        return hdf5::readTexts(dataset, count, where);
    };
    ES_ASSIGN(const auto offset, column("offset"));
    ES_ASSIGN(const auto length, column("length"));
    ES_ASSIGN(const auto prompt, column("prompt_length"));
    ES_ASSIGN(auto name, texts("name"));
    ES_ASSIGN(auto source, texts("source"));
    std::vector<Sequence> sequences(count);
    std::uint64_t begin = 0;
    for (std::uint64_t s = 0; s < count; ++s) {
        const auto where = trace.name + ": sequence " + std::to_string(s);
        if (offset[s] < 0 || static_cast<std::uint64_t>(offset[s]) != begin)
            return fail("begins at token " + std::to_string(offset[s]) + ", not where the one before ends, at "
                    + std::to_string(begin),
                where);
        if (length[s] < 0 || length[s] > 0xffffffffll || static_cast<std::uint64_t>(length[s]) > numTokens - begin)
            return fail("has " + std::to_string(length[s]) + " tokens, but the trace only "
                    + std::to_string(numTokens - begin) + " more",
                where);
        if (prompt[s] < 0 || prompt[s] > length[s])
            return fail(
                "has a prompt of " + std::to_string(prompt[s]) + " tokens, but only " + std::to_string(length[s]),
                where);
        sequences[s] = {.begin = TokenIndex(begin),
            .length = static_cast<std::uint32_t>(length[s]),
            .promptLength = static_cast<std::uint32_t>(prompt[s]),
            .name = std::move(name[s]),
            .source = std::move(source[s])};
        begin += static_cast<std::uint64_t>(length[s]);
    }
    if (begin != numTokens)
        return fail(
            "the sequences end at token " + std::to_string(begin) + ", the trace at " + std::to_string(numTokens),
            trace.name);
    return sequences;
}

}

Expected<OpenTrace> openTrace(const std::filesystem::path& path)
{
    OpenTrace trace;
    trace.name = path.string();
    struct stat info
    {
    };
    if (::stat(path.c_str(), &info) != 0) {
        const bool torn = std::filesystem::exists(journalPath(path));
        return fail(std::strerror(errno), trace.name,
            torn ? "an interrupted capture lies beside it: expertscope repair " + trace.name : "");
    }
    if (!S_ISREG(info.st_mode))
        return fail("is not a regular file", trace.name);
    const hdf5::Lock lock;
    ES_ASSIGN(trace.file, hdf5::openForReading(trace.name));
    // Of what was opened: another file may have taken the name meanwhile.
    if (::fstat(hdf5::descriptorOf(trace.file), &info) != 0)
        return fail(std::strerror(errno), trace.name);
    trace.bytes = static_cast<std::uint64_t>(info.st_size);
    ES_ASSIGN(const bool marked, hdf5::hasAttribute(trace.file, "format", trace.name));
    if (!marked)
        return fail("is an HDF5 file, but not a trace (no attribute 'format')", trace.name);
    ES_ASSIGN(const auto format, hdf5::readText(trace.file, "format", trace.name, 256));
    if (format != kTraceFormat)
        return fail("is of format '" + format + "', not '" + std::string(kTraceFormat) + "'", trace.name);
    ES_ASSIGN(const auto version, hdf5::readText(trace.file, "format_version", trace.name, 64));
    ES_ASSIGN(const auto major, majorVersion(version, trace.name));
    if (major != kTraceMajor)
        return fail("is of format version " + version + "; this program reads 1.x", trace.name, "update Expertscope");
    return trace;
}

Expected<TraceSummary> readSummary(const OpenTrace& trace)
{
    const hdf5::Lock lock;
    TraceSummary s;
    s.fileBytes = trace.bytes;
    ES_ASSIGN(s.formatVersion, hdf5::readText(trace.file, "format_version", trace.name, 64));
    ES_ASSIGN(s.uuid, textOr(trace.file, "uuid", trace.name, ""));
    ES_ASSIGN(s.created, textOr(trace.file, "created", trace.name, ""));
    ES_ASSIGN(s.creator, textOr(trace.file, "creator", trace.name, ""));
    ES_ASSIGN(s.creatorVersion, textOr(trace.file, "creator_version", trace.name, ""));
    ES_ASSIGN(s.source, textOr(trace.file, "source", trace.name, ""));
    ES_ASSIGN(const auto complete, hdf5::readInteger(trace.file, "complete", trace.name));
    if (complete != 0 && complete != 1)
        return fail("is " + std::to_string(complete) + ", 0 or 1 are allowed", trace.name + ": attribute 'complete'");
    s.complete = complete == 1;
    ES_ASSIGN(s.sites, readSites(trace));
    ES_TRY(readProvenance(trace, s.provenance));

    std::uint16_t mostK = 0, mostE = 0;
    for (const auto& site : s.sites) {
        mostK = std::max(mostK, site.topK);
        mostE = std::max(mostE, site.numExperts);
    }
    const auto has = [&](const char* path) { return hdf5::exists(trace.file, path, trace.name); };
    ES_ASSIGN(const auto ids, hdf5::openDataset(trace.file, "routing/expert_id", trace.name));
    ES_ASSIGN(const auto dims, hdf5::dimensions(ids, trace.name + ": dataset 'routing/expert_id'"));
    if (dims.size() != 3 || dims[1] != s.sites.size() || dims[2] < mostK || dims[2] > kMaxSlots)
        return fail("is not of shape [tokens, " + std::to_string(s.sites.size()) + " sites, " + std::to_string(mostK)
                + " slots]",
            trace.name + ": dataset 'routing/expert_id'");
    s.numTokens = dims[0];
    s.numSlots = static_cast<std::uint16_t>(dims[2]);
    ES_ASSIGN(s.columns.weights, has("routing/expert_weight"));
    ES_ASSIGN(s.columns.entropy, has("routing/entropy"));
    ES_ASSIGN(s.columns.margin, has("routing/margin"));
    ES_ASSIGN(s.columns.logits, has("routing/router_logits"));
    ES_ASSIGN(s.columns.tokenIds, has("tokens/token_id"));
    ES_ASSIGN(s.columns.predictedIds, has("tokens/predicted_id"));
    ES_ASSIGN(s.columns.loss, has("tokens/loss"));

    ES_ASSIGN(const auto offsets, hdf5::openDataset(trace.file, "sequences/offset", trace.name));
    ES_ASSIGN(const auto rows, hdf5::dimensions(offsets, trace.name + ": dataset 'sequences/offset'"));
    if (rows.size() != 1 || rows[0] > 0x7fffffffull)
        return fail("is not a list", trace.name + ": dataset 'sequences/offset'");
    s.numSequences = rows[0];
    ES_ASSIGN(const bool hasLabels, has("sequences/labels"));
    if (hasLabels) {
        ES_ASSIGN(const auto group, hdf5::openGroup(trace.file, "sequences/labels", trace.name));
        ES_ASSIGN(const auto links, hdf5::linkNames(group, trace.name + ": group 'sequences/labels'"));
        for (const auto& link : links) {
            ES_ASSIGN(auto label, readLabel(trace, link, 0, true));
            s.labels.push_back(std::move(label.name));
        }
    }
    return s;
}

Expected<RoutingShape> readShape(const OpenTrace& trace, const TraceSummary& summary)
{
    const hdf5::Lock lock;
    RoutingShape shape;
    shape.numTokens = summary.numTokens;
    shape.numSlots = summary.numSlots;
    for (const auto& site : summary.sites)
        shape.numExperts = std::max(shape.numExperts, site.numExperts);
    shape.sites = summary.sites;
    shape.columns = summary.columns;
    ES_ASSIGN(shape.sequences, readSequences(trace, summary.numTokens, summary.numSequences));
    ES_ASSIGN(const bool hasLabels, hdf5::exists(trace.file, "sequences/labels", trace.name));
    if (hasLabels) {
        ES_ASSIGN(const auto group, hdf5::openGroup(trace.file, "sequences/labels", trace.name));
        ES_ASSIGN(const auto links, hdf5::linkNames(group, trace.name + ": group 'sequences/labels'"));
        std::set<std::string> names;
        for (const auto& link : links) {
            ES_ASSIGN(auto label, readLabel(trace, link, summary.numSequences, false));
            if (!names.insert(label.name).second)
                return fail("two labels are called '" + label.name + "'", trace.name);
            shape.labels.push_back(std::move(label));
        }
    }
    return shape;
}

}
