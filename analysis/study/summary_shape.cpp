// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/summary_shape.h"

#include "io/base/json.h"
#include "io/base/utf8.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace expertscope {

using Json = nlohmann::ordered_json;

namespace {

constexpr JsonLimits kShapeLimits{.maxBytes = 256u << 20, .maxValues = 64u << 20};

/// The members of an object, one after the other; the first error stays.
class Fields
{
public:
    Fields(const JsonValue& object, std::string where, std::optional<Error>& error)
        : m_object(object)
        , m_where(std::move(where))
        , m_error(error)
    {
    }

    std::string text(const char* name)
    {
        const JsonValue* const value = m_object.find(name);
        if (const std::string* const text = value ? value->string() : nullptr)
            return *text;
        return wrong(name, "is no text"), std::string();
    }
    std::uint64_t number(const char* name, std::uint64_t most)
    {
        const JsonValue* const value = m_object.find(name);
        const auto number = value ? wholeNumber(*value) : std::nullopt;
        if (number && *number <= most)
            return *number;
        return wrong(name, "is no number from 0 to " + std::to_string(most)), 0;
    }
    bool flag(const char* name)
    {
        const JsonValue* const value = m_object.find(name);
        if (const bool* const flag = value ? value->boolean() : nullptr)
            return *flag;
        return wrong(name, "is neither true nor false"), false;
    }
    /// `length`: what it has to be; none: any.
    const JsonValue::Array& list(const char* name, std::optional<std::size_t> length = {})
    {
        static const JsonValue::Array empty;
        const JsonValue* const value = m_object.find(name);
        const JsonValue::Array* const list = value ? value->array() : nullptr;
        if (list && (!length || list->size() == *length))
            return *list;
        return wrong(name, length ? "is no list of " + std::to_string(*length) : "is no list"), empty;
    }
    std::vector<std::string> texts(const char* name, std::optional<std::size_t> length = {})
    {
        std::vector<std::string> texts;
        for (const JsonValue& value : list(name, length)) {
            if (const std::string* const text = value.string())
                texts.push_back(*text);
            else
                wrong(name, "holds something that is no text");
        }
        return texts;
    }
    Fields object(const char* name)
    {
        static const JsonValue nothing;
        const JsonValue* const value = m_object.find(name);
        if (!value || !value->object())
            wrong(name, "is no object");
        return Fields(value && value->object() ? *value : nothing, m_where + '.' + name, m_error);
    }
    const JsonValue::Object& members(const char* name)
    {
        static const JsonValue::Object none;
        const JsonValue* const value = m_object.find(name);
        if (value && value->object())
            return *value->object();
        return wrong(name, "is no object"), none;
    }
    void wrong(const std::string& name, const std::string& what)
    {
        if (!m_error)
            m_error = Error{what, m_where + '.' + name, {}};
    }
    static std::optional<std::uint64_t> wholeNumber(const JsonValue& value)
    {
        if (const auto* const number = std::get_if<std::uint64_t>(&value.data))
            return *number;
        if (const auto* const number = std::get_if<std::int64_t>(&value.data); number && *number >= 0)
            return std::uint64_t(*number);
        return {};
    }

private:
    const JsonValue& m_object;
    const std::string m_where;
    std::optional<Error>& m_error;
};

Json siteJson(const Site& site)
{
    return {{"layer", site.layer}, {"kind", int(site.kind)}, {"experts", site.numExperts}, {"top_k", site.topK},
        {"shared", site.numShared}, {"score", int(site.score)}, {"renormalisation", int(site.renormalisation)},
        {"scaling", double(site.scaling)}};
}

Site readSite(const JsonValue& value, const std::string& where, std::optional<Error>& error)
{
    Fields fields(value, where, error);
    Site site;
    site.layer = std::uint16_t(fields.number("layer", 65535));
    site.kind = SiteKind(fields.number("kind", 3));
    site.numExperts = std::uint16_t(fields.number("experts", 65534));
    site.topK = std::uint16_t(fields.number("top_k", 65535));
    site.numShared = std::uint16_t(fields.number("shared", 65535));
    site.score = ScoreFunction(fields.number("score", 4));
    site.renormalisation = Renormalisation(fields.number("renormalisation", 3));
    const JsonValue* const scaling = value.find("scaling");
    const auto* const real = scaling ? std::get_if<JsonReal>(&scaling->data) : nullptr;
    const auto whole = scaling ? Fields::wholeNumber(*scaling) : std::nullopt;
    site.scaling = real ? float(real->value) : whole ? float(*whole) : 1.f;
    if (!real && !whole)
        fields.wrong("scaling", "is no number");
    if (site.numExperts == 0 || site.topK > site.numExperts)
        fields.wrong("top_k", "is more than there are experts");
    return site;
}

void readSequences(Fields& fields, RoutingShape& shape)
{
    const auto names = fields.texts("name");
    const auto& lengths = fields.list("length", names.size());
    const auto& prompts = fields.list("prompt_length", names.size());
    std::uint64_t begin = 0;
    for (std::size_t s = 0; s < lengths.size() && s < prompts.size(); ++s) {
        const auto length = Fields::wholeNumber(lengths[s]), prompt = Fields::wholeNumber(prompts[s]);
        if (!length || !prompt || *length > UINT32_MAX || *prompt > *length)
            return fields.wrong("length", "is no length, or a prompt is longer, at sequence " + std::to_string(s));
        shape.sequences.push_back({TokenIndex(begin), std::uint32_t(*length), std::uint32_t(*prompt), names[s], {}});
        begin += *length;
    }
    if (begin != shape.numTokens)
        fields.wrong("length", "adds up to " + std::to_string(begin) + " tokens of " + std::to_string(shape.numTokens));
}

Label readLabel(const JsonValue& value, const std::string& where, std::size_t sequences, std::optional<Error>& error)
{
    Fields fields(value, where, error);
    Label label{fields.text("name"), fields.texts("values"), {}};
    for (const JsonValue& code : fields.list("codes", sequences)) {
        const auto* const below = std::get_if<std::int64_t>(&code.data);
        const auto whole = Fields::wholeNumber(code);
        if (whole && *whole < label.values.size())
            label.codes.push_back(std::int32_t(*whole));
        else if (below && *below == -1)
            label.codes.push_back(-1);
        else
            return fields.wrong("codes", "holds something that is no value's number"), label;
    }
    return label;
}

}

std::string summaryShapeText(const TraceSummary& summary, const RoutingShape& shape)
{
    Json columns = Json::array(), sites = Json::array(), labels = Json::array();
    for (const auto& [name, column] : kColumnNames) {
        if (shape.columns.*column)
            columns.push_back(name);
    }
    for (const Site& site : shape.sites)
        sites.push_back(siteJson(site));
    Json names = Json::array(), lengths = Json::array(), prompts = Json::array();
    for (const Sequence& sequence : shape.sequences) {
        names.push_back(sequence.name);
        lengths.push_back(sequence.length);
        prompts.push_back(sequence.promptLength);
    }
    for (const Label& label : shape.labels)
        labels.push_back({{"name", label.name}, {"values", label.values}, {"codes", label.codes}});
    const Provenance& from = summary.provenance;
    Json attributes = Json::object();
    for (const auto& [name, value] : from.attributes)
        attributes[name] = value;
    const Json json{{"uuid", summary.uuid}, {"created", summary.created}, {"creator", summary.creator},
        {"creator_version", summary.creatorVersion}, {"source", summary.source},
        {"format_version", summary.formatVersion}, {"complete", summary.complete}, {"file_bytes", summary.fileBytes},
        {"tokens", shape.numTokens}, {"slots", shape.numSlots}, {"columns", columns}, {"sites", sites},
        {"sequences", {{"name", names}, {"length", lengths}, {"prompt_length", prompts}}}, {"labels", labels},
        {"provenance",
            {{"model_id", from.modelId}, {"model_type", from.modelType}, {"architecture", from.architecture},
                {"hidden_layers", from.numHiddenLayers}, {"hidden_size", from.hiddenSize},
                {"config", from.configJson}, {"attributes", attributes}}}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Expected<SummarisedTrace> readSummaryShape(const std::string& text, const std::string& where)
{
    ES_ASSIGN(const JsonValue json, parseStrictJson(text, kShapeLimits, where));
    std::optional<Error> error;
    Fields fields(json, where, error);
    SummarisedTrace trace;
    auto& [summary, shape] = trace;
    summary.uuid = fields.text("uuid");
    summary.created = fields.text("created");
    summary.creator = fields.text("creator");
    summary.creatorVersion = fields.text("creator_version");
    summary.source = fields.text("source");
    summary.formatVersion = fields.text("format_version");
    summary.complete = fields.flag("complete");
    summary.fileBytes = fields.number("file_bytes", UINT64_MAX);
    shape.numTokens = fields.number("tokens", std::uint64_t(1) << 48);
    shape.numSlots = std::uint16_t(fields.number("slots", 65535));
    for (const std::string& name : fields.texts("columns")) {
        const auto column = std::ranges::find(kColumnNames, name, [](const auto& c) { return c.first; });
        if (column == std::end(kColumnNames))
            fields.wrong("columns", "'" + name + "' is no column");
        else
            shape.columns.*column->second = true;
    }
    const auto& sites = fields.list("sites");
    if (sites.size() > 65535)
        fields.wrong("sites", "are more than 65,535");
    for (std::size_t s = 0; s < sites.size() && !error; ++s) {
        shape.sites.push_back(readSite(sites[s], where + ".sites[" + std::to_string(s) + ']', error));
        shape.numExperts = std::max(shape.numExperts, shape.sites.back().numExperts);
        if (shape.sites.back().topK > shape.numSlots)
            fields.wrong("slots", "is less than a router's top_k");
    }
    Fields sequences = fields.object("sequences");
    readSequences(sequences, shape);
    std::set<std::string> labelNames;
    const auto& labels = fields.list("labels");
    for (std::size_t l = 0; l < labels.size() && !error; ++l) {
        shape.labels.push_back(
            readLabel(labels[l], where + ".labels[" + std::to_string(l) + ']', shape.sequences.size(), error));
        if (!labelNames.insert(shape.labels.back().name).second)
            fields.wrong("labels", "'" + shape.labels.back().name + "' is there twice");
        summary.labels.push_back(shape.labels.back().name);
    }
    Fields from = fields.object("provenance");
    Provenance& provenance = summary.provenance;
    provenance.modelId = from.text("model_id");
    provenance.modelType = from.text("model_type");
    provenance.architecture = from.text("architecture");
    provenance.numHiddenLayers = std::uint32_t(from.number("hidden_layers", UINT32_MAX));
    provenance.hiddenSize = std::uint32_t(from.number("hidden_size", UINT32_MAX));
    provenance.configJson = from.text("config");
    for (const auto& [name, value] : from.members("attributes")) {
        if (const std::string* const said = value.string())
            provenance.attributes[name] = *said;
        else
            from.wrong("attributes", "holds something that is no text");
    }
    if (error)
        return tl::unexpected(*std::move(error));
    summary.numTokens = shape.numTokens;
    summary.numSequences = shape.sequences.size();
    summary.numSlots = shape.numSlots;
    summary.sites = shape.sites;
    summary.columns = shape.columns;
    return trace;
}

}
