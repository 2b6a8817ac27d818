// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/hdf5_reader.h"

#include "analysis/results/hdf5_schema.h"
#include "analysis/results/json_text.h"
#include "io/trace/hdf5_file_driver.h"
#include "io/trace/numeric_dataset.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace expertscope::results {

namespace {

constexpr std::size_t kMostTextBytes = 1u << 16; ///< of one text

template <class T> hid_t memoryType();
template <> hid_t memoryType<double>()
{
    return H5T_NATIVE_DOUBLE;
}
template <> hid_t memoryType<std::int32_t>()
{
    return H5T_NATIVE_INT32;
}
template <> hid_t memoryType<std::uint64_t>()
{
    return H5T_NATIVE_UINT64;
}

/// The texts of a dictionary, read into what they stand for.
template <class T> struct Entries
{
    std::vector<T> list;
    std::string where;

    /// Code -1: `none`.
    Expected<T> at(std::int32_t code, const T& none) const
    {
        if (code == -1)
            return none;
        if (code < 0 || std::size_t(code) >= list.size())
            return fail("code " + std::to_string(code) + " has no text", where);
        return list[std::size_t(code)];
    }
};

/// Columns of the rows, or of the matrices of one group.
struct CommonColumns
{
    std::vector<std::int32_t> metric, params, label, labelValue, other, unit, site;
    std::vector<std::int32_t> layer, toLayer; ///< empty before formats 1.2 and 1.3
    std::vector<std::uint64_t> n;
    std::vector<double> uniform;
};

class Reader
{
public:
    explicit Reader(const std::filesystem::path& path)
        : m_name(path.string())
    {
        std::error_code ignored;
        m_bytes = std::filesystem::file_size(path, ignored);
    }

    Expected<ResultDocument> read()
    {
        ES_ASSIGN(m_file, hdf5::openForReading(m_name));
        ES_ASSIGN(const std::string format, hdf5::readText(m_file, "format", m_name));
        if (format != kResultsFormat)
            return fail("is a file of '" + format.substr(0, 100) + "', not of results", m_name);
        ES_ASSIGN(const std::string version, hdf5::readText(m_file, "format_version", m_name));
        if (!version.starts_with("1."))
            return fail("is of format version " + version.substr(0, 100) + "; this program reads 1.x", m_name);
        ResultDocument document;
        ES_TRY(readOrigin(document.origin));
        ES_ASSIGN(m_saysSd, hdf5::exists(m_file, "rows/uniform_sd", m_name)); // since 1.1
        ES_TRY(readTexts());
        ES_TRY(readRows(document.results.rows));
        ES_TRY(readMatrices(document.results.matrices));
        document.origin.layers = std::move(m_layers);
        return document;
    }

private:
    Expected<NamedValues> pairs(const std::string& text, const std::string& where) const
    {
        const auto json = parseFlatObject(text);
        auto read = json ? toPairs(*json) : tl::unexpected(json.error());
        if (!read)
            return fail(read.error().what, where);
        return read;
    }

    Expected<void> readOrigin(ResultOrigin& origin)
    {
        for (const auto& [name, into] : {std::pair("tool", &origin.tool), std::pair("options", &origin.options)}) {
            ES_ASSIGN(const std::string text, hdf5::readText(m_file, name, m_name));
            ES_ASSIGN(*into, pairs(text, m_name + ": attribute '" + name + "'"));
        }
        ES_ASSIGN(const auto traces, texts("traces", 65536));
        for (const std::string& trace : traces) {
            ES_ASSIGN(NamedValues values, pairs(trace, m_name + ": dataset 'traces'"));
            origin.traces.push_back(std::move(values));
        }
        return {};
    }

    Expected<std::vector<std::string>> texts(const std::string& path, std::uint64_t most)
    {
        const std::string where = m_name + ": dataset '" + path + "'";
        ES_ASSIGN(const hdf5::Handle dataset, hdf5::openDataset(m_file, path, m_name));
        ES_ASSIGN(const auto dims, hdf5::dimensions(dataset, where));
        if (dims.size() != 1 || dims[0] > most)
            return fail("is no list of at most " + std::to_string(most) + " texts", where);
        return hdf5::readTexts(dataset, dims[0], where, kMostTextBytes);
    }

    template <class T, class Read> Expected<void> entries(TextColumn column, Entries<T>& into, Read read)
    {
        const std::string path = std::string("texts/") + kTextColumns[std::size_t(column)];
        into.where = m_name + ": column '" + kTextColumns[std::size_t(column)] + "'";
        ES_ASSIGN(auto list, texts(path, kMostResultRows));
        for (std::string& text : list) {
            Expected<T> value = read(std::move(text));
            if (!value)
                return fail("entry " + std::to_string(into.list.size()) + ": " + value.error().what,
                    m_name + ": '" + path + "'");
            into.list.push_back(std::move(*value));
        }
        return {};
    }

    Expected<void> readTexts()
    {
        const auto same = [](std::string text) -> Expected<std::string> { return text; };
        ES_TRY(entries(TextColumn::Metric, m_metrics, same));
        ES_TRY(entries(TextColumn::Label, m_labels, same));
        ES_TRY(entries(TextColumn::LabelValue, m_labelValues, same));
        ES_TRY(entries(TextColumn::Unit, m_units, same));
        ES_TRY(entries(TextColumn::Undefined, m_reasons, same));
        if (m_saysSd)
            ES_TRY(entries(TextColumn::UniformUndefined, m_uniformReasons, same));
        ES_TRY(entries(TextColumn::Params, m_params, [](const std::string& text) -> Expected<ParameterMap> {
            ES_ASSIGN(const auto json, parseFlatObject(text));
            return toParams(json);
        }));
        return entries(TextColumn::Other, m_others, [](const std::string& text) -> Expected<TextMap> {
            ES_ASSIGN(const auto json, parseFlatObject(text));
            return toTexts(json);
        });
    }

    /// A column of `length` numbers; kAnyLength: as long as it is.
    template <class T> Expected<std::vector<T>> column(const std::string& path, hsize_t length)
    {
        const auto kind = std::is_same_v<T, double> ? NumericDataset::Kind::Float : NumericDataset::Kind::Integer;
        ES_ASSIGN(
            const NumericDataset dataset, NumericDataset::open(m_file, path, kind, {length}, m_name, m_bytes + kSlack));
        if (dataset.dims()[0] > kMostResultRows)
            return fail("more than " + std::to_string(kMostResultRows) + " rows", dataset.where());
        std::vector<T> values(dataset.dims()[0]);
        if (!values.empty() && H5Dread(dataset.id(), memoryType<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
            return hdf5::failed("cannot be read", dataset.where());
        return values;
    }

    Expected<void> readCommonColumns(const std::string& group, CommonColumns& columns)
    {
        ES_ASSIGN(columns.metric, column<std::int32_t>(group + "metric", NumericDataset::kAnyLength));
        const hsize_t n = columns.metric.size();
        ES_ASSIGN(columns.params, column<std::int32_t>(group + "params", n));
        ES_ASSIGN(columns.label, column<std::int32_t>(group + "label", n));
        ES_ASSIGN(columns.labelValue, column<std::int32_t>(group + "label_value", n));
        ES_ASSIGN(columns.other, column<std::int32_t>(group + "other", n));
        ES_ASSIGN(columns.unit, column<std::int32_t>(group + "unit", n));
        ES_ASSIGN(columns.site, column<std::int32_t>(group + "site", n));
        for (const auto& [name, into] : {std::pair("layer", &columns.layer), std::pair("to_layer", &columns.toLayer)}) {
            ES_ASSIGN(const bool there, hdf5::exists(m_file, (group + name).c_str(), m_name));
            if (there) {
                ES_ASSIGN(*into, column<std::int32_t>(group + name, n));
            }
        }
        ES_ASSIGN(columns.n, column<std::uint64_t>(group + "n", n));
        ES_ASSIGN(columns.uniform, column<double>(group + "uniform", n));
        return {};
    }

    static std::optional<double> defined(double value)
    {
        return std::isfinite(value) ? std::optional(value) : std::nullopt;
    }

    template <class Index> Expected<std::optional<Index>> index(std::int32_t value, const char* what) const
    {
        if (value < -1 || value >= 65535)
            return fail(std::string(what) + " " + std::to_string(value), m_name);
        return value < 0 ? std::optional<Index>() : std::optional(Index(static_cast<std::uint16_t>(value)));
    }

    template <class Row> Expected<void> fill(Row& row, const CommonColumns& columns, std::size_t i)
    {
        ES_ASSIGN(row.metric, m_metrics.at(columns.metric[i], ""));
        if (row.metric.empty())
            return fail("row without a metric", m_name);
        ES_ASSIGN(row.params, m_params.at(columns.params[i], {}));
        ES_ASSIGN(row.other, m_others.at(columns.other[i], {}));
        ES_ASSIGN(row.unit, m_units.at(columns.unit[i], "1"));
        if (columns.label[i] != -1) {
            ES_ASSIGN(std::string label, m_labels.at(columns.label[i], ""));
            ES_ASSIGN(std::string value, m_labelValues.at(columns.labelValue[i], ""));
            row.label = {std::move(label), std::move(value)};
        }
        ES_ASSIGN(row.site, index<SiteIndex>(columns.site[i], "site"));
        const auto note = [&](std::optional<SiteIndex> site, const std::vector<std::int32_t>& layers,
                              const char* name) -> Expected<void> {
            if (!site || layers.empty())
                return {};
            ES_ASSIGN(const auto layer, index<std::uint16_t>(layers[i], name));
            if (layer)
                m_layers.emplace(*site, *layer);
            return {};
        };
        ES_TRY(note(row.site, columns.layer, "layer"));
        ES_TRY(note(secondSite(row.other), columns.toLayer, "to_layer"));
        row.n = columns.n[i];
        row.uniform = defined(columns.uniform[i]);
        return {};
    }

    Expected<void> readRows(std::vector<ResultRow>& rows)
    {
        CommonColumns columns;
        ES_TRY(readCommonColumns("rows/", columns));
        const hsize_t n = columns.metric.size();
        ES_ASSIGN(const auto expert, column<std::int32_t>("rows/expert", n));
        ES_ASSIGN(const auto undefined, column<std::int32_t>("rows/undefined", n));
        ES_ASSIGN(const auto value, column<double>("rows/value", n));
        ES_ASSIGN(const auto low, column<double>("rows/interval_low", n));
        ES_ASSIGN(const auto high, column<double>("rows/interval_high", n));
        std::vector<double> sd;
        std::vector<std::int32_t> uniformUndefined;
        if (m_saysSd) {
            ES_ASSIGN(sd, column<double>("rows/uniform_sd", n));
            ES_ASSIGN(uniformUndefined, column<std::int32_t>("rows/uniform_undefined", n));
        }
        rows.reserve(n);
        for (std::size_t i = 0; i < n; ++i) {
            ResultRow row;
            ES_TRY(fill(row, columns, i));
            ES_ASSIGN(row.expert, index<ExpertIndex>(expert[i], "expert"));
            ES_ASSIGN(row.undefined, m_reasons.at(undefined[i], ""));
            row.value = defined(value[i]);
            if (m_saysSd) {
                row.uniformSd = defined(sd[i]);
                ES_ASSIGN(row.uniformUndefined, m_uniformReasons.at(uniformUndefined[i], ""));
            }
            if (std::isfinite(low[i]) && std::isfinite(high[i]))
                row.interval = {low[i], high[i]};
            rows.push_back(std::move(row));
        }
        return {};
    }

    Expected<void> readMatrices(std::vector<ResultMatrix>& matrices)
    {
        ES_ASSIGN(const hdf5::Handle group, hdf5::openGroup(m_file, "matrices", m_name));
        ES_ASSIGN(const auto names, hdf5::linkNames(group, m_name + ": group 'matrices'"));
        std::vector<std::pair<std::int32_t, ResultMatrix>> found;
        for (const std::string& name : names)
            ES_TRY(readGroup("matrices/" + name + "/", found));
        std::ranges::stable_sort(found, {}, &std::pair<std::int32_t, ResultMatrix>::first);
        for (auto& [place, matrix] : found)
            matrices.push_back(std::move(matrix));
        return {};
    }

    Expected<void> readGroup(const std::string& path, std::vector<std::pair<std::int32_t, ResultMatrix>>& found)
    {
        const std::string where = m_name + ": group '" + path.substr(0, path.size() - 1) + "'";
        ES_ASSIGN(const hdf5::Handle group, hdf5::openGroup(m_file, path.substr(0, path.size() - 1), m_name));
        CommonColumns columns;
        ES_TRY(readCommonColumns(path, columns));
        const hsize_t items = columns.metric.size();
        ES_ASSIGN(const auto place, column<std::int32_t>(path + "index", items));
        ES_ASSIGN(const std::int64_t numAxes, hdf5::readInteger(group, "axes", where));
        if (numAxes < 1 || numAxes > std::int64_t(kMostMatrixAxes))
            return fail(std::to_string(numAxes) + " axes", where);
        std::vector<ResultMatrix::Axis> axes;
        std::vector<hsize_t> dims{items};
        std::uint64_t size = 1, numKeys = 0;
        for (std::int64_t a = 0; a < numAxes; ++a) {
            ResultMatrix::Axis axis;
            ES_ASSIGN(axis.name, hdf5::readText(group, "axis_" + std::to_string(a), where));
            ES_ASSIGN(const std::string scale, hdf5::readText(group, "scale_" + std::to_string(a), where));
            ES_ASSIGN(axis.keys, texts(path + scale, kMostResultRows));
            dims.push_back(axis.keys.size());
            numKeys += axis.keys.size();
            size = std::min(size * axis.keys.size(), kMostMatrixValues + 1);
            axes.push_back(std::move(axis));
        }
        m_values += std::max(size, numKeys) * items; // each matrix holds its axes
        if (size > kMostMatrixValues || m_values > kMostMatrixValues || found.size() + items > kMostMatrices)
            return fail("more than " + std::to_string(kMostMatrixValues) + " values in matrices", where);
        ES_ASSIGN(const NumericDataset values,
            NumericDataset::open(m_file, path + "values", NumericDataset::Kind::Float, dims, m_name, m_bytes + kSlack));
        std::vector<hsize_t> start(dims.size(), 0), one = dims;
        one[0] = 1;
        const hdf5::Handle memory(H5Screate_simple(int(one.size()), one.data(), nullptr), H5Sclose);
        const hdf5::Handle space(H5Dget_space(values.id()), H5Sclose);
        for (std::size_t i = 0; i < items; ++i) {
            ResultMatrix matrix;
            ES_TRY(fill(matrix, columns, i));
            matrix.axes = axes;
            matrix.values.resize(size);
            start[0] = i;
            if (size > 0
                && (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, one.data(), nullptr) < 0
                    || H5Dread(values.id(), H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, matrix.values.data()) < 0))
                return hdf5::failed("cannot be read", values.where());
            found.emplace_back(place[i], std::move(matrix));
        }
        return {};
    }

    /// A dataset that no chunk was written of takes no room: small ones may be larger than the file.
    static constexpr std::uint64_t kSlack = 4096;

    const std::string m_name;
    std::uint64_t m_bytes = 0;
    hdf5::Handle m_file;
    Entries<std::string> m_metrics, m_labels, m_labelValues, m_units, m_reasons, m_uniformReasons;
    Entries<ParameterMap> m_params;
    Entries<TextMap> m_others;
    std::map<SiteIndex, std::uint16_t> m_layers;
    std::uint64_t m_values = 0;
    bool m_saysSd = false;
};

}

Expected<ResultDocument> readResultsHdf5(const std::filesystem::path& path)
{
    const hdf5::Lock lock;
    try {
        return Reader(path).read();
    } catch (const std::exception& error) { // the JSON library; memory
        return fail(error.what(), path.string());
    }
}

}
