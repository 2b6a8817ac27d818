// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/hdf5_writer.h"

#include "analysis/results/hdf5_schema.h"
#include "analysis/results/json_text.h"
#include "io/trace/hdf5_builder.h"
#include "io/trace/trace_schema.h"

#include <hdf5_hl.h>

#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

namespace expertscope::results {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr hsize_t kMostChunkValues = 1u << 20;

/// Distinct texts in order of first appearance.
class Dictionary
{
public:
    std::int32_t code(std::string text)
    {
        const auto [entry, isNew] = m_codes.try_emplace(cleanText(text), std::int32_t(m_codes.size()));
        if (isNew)
            m_texts.push_back(&entry->first);
        return entry->second;
    }
    std::vector<const char*> texts() const
    {
        std::vector<const char*> list;
        for (const std::string* text : m_texts)
            list.push_back(text->c_str());
        return list;
    }

private:
    std::unordered_map<std::string, std::int32_t> m_codes;
    std::vector<const std::string*> m_texts; ///< nodes of a map stay where they are
};

/// What rows and matrices share, column by column.
struct WrittenColumns
{
    std::array<std::vector<std::int32_t>, kTextColumns.size()> codes;
    std::vector<std::int32_t> site, layer, toLayer;
    std::vector<std::uint64_t> n;
    std::vector<double> uniform;

    std::vector<std::int32_t>& of(TextColumn column) { return codes[std::size_t(column)]; }
};

class Writer
{
public:
    explicit Writer(const NewFile& file)
        : m_builder(file)
    {
    }

    Expected<void> write(const ResultDocument& document)
    {
        m_origin = &document.origin;
        ES_TRY(m_builder.create());
        ES_TRY(writeOrigin(document.origin));
        ES_TRY(writeRows(document.results.rows));
        ES_TRY(writeMatrices(document.results.matrices));
        ES_TRY(writeTexts());
        return m_builder.close();
    }

private:
    Expected<void> writeOrigin(const ResultOrigin& origin)
    {
        const hid_t root = m_builder.file();
        ES_TRY(m_builder.text(root, "format", kResultsFormat));
        ES_TRY(m_builder.text(root, "format_version", kResultsFormatVersion));
        ES_TRY(m_builder.text(root, "tool", pairsJson(origin.tool)));
        ES_TRY(m_builder.text(root, "options", pairsJson(origin.options)));
        std::vector<std::string> traces;
        std::vector<const char*> pointers;
        for (const NamedValues& trace : origin.traces)
            traces.push_back(pairsJson(trace));
        for (const std::string& trace : traces)
            pointers.push_back(trace.c_str());
        return m_builder.texts({.path = "traces", .description = "what was measured, a JSON object a trace"}, pointers);
    }

    template <class Row> void addCommon(WrittenColumns& columns, const Row& row)
    {
        const auto add = [&](TextColumn column, const std::string& text, bool there = true) {
            columns.of(column).push_back(there ? m_texts[std::size_t(column)].code(text) : -1);
        };
        add(TextColumn::Metric, row.metric);
        add(TextColumn::Params, paramsJson(row.params));
        add(TextColumn::Label, row.label ? row.label->first : "", row.label.has_value());
        add(TextColumn::LabelValue, row.label ? row.label->second : "", row.label.has_value());
        add(TextColumn::Other, textsJson(row.other), !row.other.empty());
        add(TextColumn::Unit, row.unit);
        columns.site.push_back(row.site ? row.site->value : -1);
        const auto layer = layerOf(row, *m_origin);
        columns.layer.push_back(layer ? *layer : -1);
        const auto toLayer = toLayerOf(row, *m_origin);
        columns.toLayer.push_back(toLayer ? *toLayer : -1);
        columns.n.push_back(row.n);
        columns.uniform.push_back(row.uniform.value_or(kNaN));
    }

    template <class T>
    Expected<void> column(const std::string& path, const std::vector<T>& values, const char* description)
    {
        hid_t type = H5T_STD_I32LE, memory = H5T_NATIVE_INT32;
        if constexpr (std::is_same_v<T, double>) {
            type = H5T_IEEE_F64LE;
            memory = H5T_NATIVE_DOUBLE;
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            type = H5T_STD_U64LE;
            memory = H5T_NATIVE_UINT64;
        }
        const std::string group = path.substr(0, path.find_last_of('/') + 1);
        const bool ofRows = group == "rows/";
        ES_TRY(m_builder.column(
            {.path = path, .type = type, .dimensions = {group + (ofRows ? "row" : "item")}, .description = description},
            values, memory));
        return {};
    }

    Expected<void> writeCommon(const std::string& group, const WrittenColumns& columns)
    {
        for (std::size_t c = 0; c < kTextColumns.size(); ++c) {
            if (columns.codes[c].empty() && !columns.n.empty())
                continue; // matrices are never undefined
            ES_TRY(column(group + kTextColumns[c], columns.codes[c], "entry of /texts under this name; -1: none"));
        }
        ES_TRY(column(group + "site", columns.site, "site index; -1: the whole model"));
        ES_TRY(column(group + "layer", columns.layer, "the model's layer of the site; -1: none, or not known"));
        ES_TRY(column(group + "to_layer", columns.toLayer, "that of the second site, to_site in other; -1: none, or not known"));
        ES_TRY(column(group + "n", columns.n, "observations behind the value"));
        return column(group + "uniform", columns.uniform, "the same under uniform random routing; NaN: not known");
    }

    Expected<void> writeRows(const std::vector<ResultRow>& rows)
    {
        ES_TRY(m_builder.group("rows"));
        ES_TRY(m_builder.scale("rows/row", rows.size()));
        WrittenColumns columns;
        std::vector<std::int32_t> expert;
        std::vector<double> value, sd, low, high;
        for (const ResultRow& row : rows) {
            addCommon(columns, row);
            columns.of(TextColumn::Undefined)
                .push_back(
                    row.undefined.empty() ? -1 : m_texts[std::size_t(TextColumn::Undefined)].code(row.undefined));
            expert.push_back(row.expert ? row.expert->value : -1);
            columns.of(TextColumn::UniformUndefined)
                .push_back(row.uniformUndefined.empty()
                        ? -1
                        : m_texts[std::size_t(TextColumn::UniformUndefined)].code(row.uniformUndefined));
            value.push_back(row.value.value_or(kNaN));
            sd.push_back(row.uniformSd.value_or(kNaN));
            low.push_back(row.interval ? row.interval->first : kNaN);
            high.push_back(row.interval ? row.interval->second : kNaN);
        }
        ES_TRY(writeCommon("rows/", columns));
        ES_TRY(column("rows/expert", expert, "expert id; -1: none"));
        ES_TRY(column("rows/value", value, "the value; NaN: undefined, see 'undefined'"));
        ES_TRY(column("rows/uniform_sd", sd, "SD of the value under uniform random routing; NaN: not known"));
        ES_TRY(column("rows/interval_low", low, "lower end of the 95 % interval; NaN: none"));
        return column("rows/interval_high", high, "upper end of the 95 % interval; NaN: none");
    }

    Expected<void> writeTexts()
    {
        ES_TRY(m_builder.group("texts"));
        for (std::size_t c = 0; c < kTextColumns.size(); ++c)
            ES_TRY(m_builder.texts({.path = std::string("texts/") + kTextColumns[c]}, m_texts[c].texts()));
        return {};
    }

    /// Matrices of one metric that share their axes are one array.
    Expected<void> writeMatrices(const std::vector<ResultMatrix>& matrices)
    {
        ES_TRY(m_builder.group("matrices"));
        std::vector<std::vector<std::size_t>> groups;
        std::unordered_map<std::string, std::size_t> byShape;
        for (std::size_t i = 0; i < matrices.size(); ++i) {
            std::string shape = matrices[i].metric;
            for (const ResultMatrix::Axis& axis : matrices[i].axes) {
                shape += '\0' + axis.name;
                for (const std::string& key : axis.keys)
                    shape += '\1' + key;
            }
            const auto [entry, isNew] = byShape.try_emplace(std::move(shape), groups.size());
            if (isNew)
                groups.emplace_back();
            groups[entry->second].push_back(i);
        }
        std::set<std::string> names;
        for (const auto& members : groups) {
            const std::string metric = linkName(cleanText(matrices[members.front()].metric));
            std::string name = metric;
            for (int i = 2; !names.insert(name).second; ++i)
                name = metric + "." + std::to_string(i);
            ES_TRY(writeGroup("matrices/" + name + "/", matrices, members));
        }
        return {};
    }

    Expected<void> writeGroup(
        const std::string& path, const std::vector<ResultMatrix>& matrices, const std::vector<std::size_t>& members)
    {
        const ResultMatrix& first = matrices[members.front()];
        ES_ASSIGN(const hdf5::Handle group, m_builder.group(path.substr(0, path.size() - 1)));
        ES_TRY(m_builder.scale(path + "item", members.size()));
        WrittenColumns columns;
        std::vector<std::int32_t> index;
        for (const std::size_t i : members) {
            addCommon(columns, matrices[i]);
            index.push_back(std::int32_t(i));
        }
        ES_TRY(writeCommon(path, columns));
        ES_TRY(column(path + "index", index, "place among all matrices"));

        ES_TRY(m_builder.integer(group, "axes", std::int64_t(first.axes.size())));
        std::set<std::string> taken(kTextColumns.begin(), kTextColumns.end());
        taken.insert({"item", "site", "layer", "to_layer", "n", "uniform", "index", "values"});
        std::vector<std::string> scales{path + "item"};
        std::vector<hsize_t> dims{members.size()};
        for (std::size_t a = 0; a < first.axes.size(); ++a) {
            const ResultMatrix::Axis& axis = first.axes[a];
            std::string name = linkName(cleanText(axis.name));
            while (name.empty() || !taken.insert(name).second)
                name += "_axis";
            ES_TRY(m_builder.text(group, ("axis_" + std::to_string(a)).c_str(), cleanText(axis.name)));
            ES_TRY(m_builder.text(group, ("scale_" + std::to_string(a)).c_str(), name));
            ES_TRY(writeAxis(path + name, axis));
            scales.push_back(path + name);
            dims.push_back(axis.keys.size());
        }
        return writeValues(path + "values", scales, dims, matrices, members);
    }

    Expected<void> writeAxis(const std::string& path, const ResultMatrix::Axis& axis)
    {
        std::vector<std::string> clean;
        std::vector<const char*> keys;
        for (const std::string& key : axis.keys)
            clean.push_back(cleanText(key));
        for (const std::string& key : clean)
            keys.push_back(key.c_str());
        ES_TRY(m_builder.texts({.path = path}, keys));
        const hdf5::Handle scale(H5Dopen2(m_builder.file(), path.c_str(), H5P_DEFAULT), H5Dclose);
        if (!scale || H5DSset_scale(scale, path.substr(path.rfind('/') + 1).c_str()) < 0)
            return m_builder.failed("axis '" + path + "'");
        return {};
    }

    Expected<void> writeValues(const std::string& path, const std::vector<std::string>& scales,
        const std::vector<hsize_t>& dims, const std::vector<ResultMatrix>& matrices,
        const std::vector<std::size_t>& members)
    {
        hdf5::DatasetSpec spec{.path = path,
            .type = H5T_IEEE_F64LE,
            .dims = dims,
            .filters = {.level = 4, .shuffle = true},
            .fill = &kNaN,
            .description = "row-major over the axes; NaN: undefined"};
        std::vector<hsize_t> chunk = dims;
        chunk[0] = 1;
        hsize_t values = 1;
        for (const hsize_t n : chunk)
            values *= n;
        for (std::size_t a = 1; a < chunk.size() && values > kMostChunkValues; ++a) {
            values /= chunk[a];
            chunk[a] = std::clamp<hsize_t>(kMostChunkValues / values, 1, chunk[a]);
            values *= chunk[a];
        }
        if (values > 0)
            spec.chunk = chunk;
        else
            spec.filters = {};
        ES_ASSIGN(const hdf5::Handle made, m_builder.dataset(spec));
        for (std::size_t a = 0; a < scales.size(); ++a) {
            const hdf5::Handle scale(H5Dopen2(m_builder.file(), scales[a].c_str(), H5P_DEFAULT), H5Dclose);
            const std::string label = scales[a].substr(scales[a].rfind('/') + 1);
            if (!scale || H5DSattach_scale(made, scale, unsigned(a)) < 0
                || H5DSset_label(made, unsigned(a), label.c_str()) < 0)
                return m_builder.failed("axis '" + scales[a] + "'");
        }
        std::vector<hsize_t> start(dims.size(), 0), size = dims;
        size[0] = 1;
        const hdf5::Handle memory(H5Screate_simple(int(size.size()), size.data(), nullptr), H5Sclose);
        const hdf5::Handle space(H5Dget_space(made), H5Sclose);
        for (std::size_t i = 0; values > 0 && i < members.size(); ++i) {
            start[0] = i;
            if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0
                || H5Dwrite(made, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, matrices[members[i]].values.data())
                    < 0)
                return m_builder.failed("'" + path + "' cannot be written");
            ES_TRY(m_builder.written());
        }
        return {};
    }

    hdf5::Builder m_builder;
    const ResultOrigin* m_origin = nullptr;
    std::array<Dictionary, kTextColumns.size()> m_texts;
};

}

Expected<void> writeResultsHdf5(const Output& output, const ResultDocument& document)
{
    const std::string where = output.path.string();
    const Results& results = document.results;
    std::uint64_t values = 0;
    for (const ResultMatrix& matrix : results.matrices)
        values += matrix.values.size();
    if (results.rows.size() > kMostResultRows || results.matrices.size() > kMostMatrices || values > kMostMatrixValues)
        return fail("more rows or values than a file of results may hold", where,
            "ask for fewer metrics or label values at once");
    ES_TRY(checkOutput(output));
    ES_ASSIGN(NewFile file, NewFile::create(output.path));
    const hdf5::Lock lock;
    ES_TRY(Writer(file).write(document));
    ES_TRY(file.finish());
    return file.place();
}

}
