// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/weight_table.h"

#include <algorithm>

namespace expertscope {

namespace {

std::string shapeText(const std::vector<std::int64_t>& shape)
{
    std::string text = "[";
    for (const auto size : shape)
        text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    return text + "]";
}

}

Expected<WeightTable> WeightTable::build(const std::vector<SafetensorsFile>& files, const ShardIndex& index)
{
    WeightTable table;
    for (std::size_t f = 0; f < files.size(); ++f) {
        table.m_fileNames.push_back(files[f].path().filename().string());
        for (const auto& entry : files[f].entries()) {
            const auto [at, fresh] =
                table.m_rows.try_emplace(entry.name, Row{&entry, static_cast<std::uint32_t>(f), false});
            if (!fresh)
                return fail("is also in " + table.m_fileNames[at->second.file],
                    files[f].path().string() + ": tensor '" + entry.name.substr(0, 300) + "'");
        }
    }
    for (const auto& [name, file] : index.tensors) {
        const auto at = table.m_rows.find(name);
        if (at == table.m_rows.end() || at->second.file != file) {
            return fail("the index says it is here, it is "
                    + (at == table.m_rows.end() ? std::string("in no file")
                                                : "in " + table.m_fileNames[at->second.file]),
                files[file].path().string() + ": tensor '" + name.substr(0, 300) + "'");
        }
    }
    return table;
}

std::string WeightTable::place(const std::string& name) const
{
    const auto at = m_rows.find(name);
    return (at == m_rows.end() ? std::string() : m_fileNames[at->second.file] + ": ") + "tensor '" + name.substr(0, 300)
        + "'";
}

Expected<TensorSource> WeightTable::takeAnyShape(const std::string& name)
{
    const auto at = m_rows.find(name);
    if (at == m_rows.end())
        return fail("is missing", place(name));
    const auto& entry = *at->second.entry;
    if (entry.type != ElementType::F32 && entry.type != ElementType::BF16 && entry.type != ElementType::F16)
        return fail("is " + entry.typeName + ", only F32, BF16 and F16 weights are read", place(name));
    at->second.used = true;
    TensorSource source;
    source.name = name;
    source.file = at->second.file;
    source.offset = entry.offset;
    source.type = entry.type;
    source.shape = entry.shape;
    return source;
}

Expected<TensorSource> WeightTable::take(const std::string& name, const std::vector<std::int64_t>& shape)
{
    ES_ASSIGN(auto source, takeAnyShape(name));
    if (source.shape != shape)
        return fail("has shape " + shapeText(source.shape) + ", the config asks for " + shapeText(shape), place(name));
    return source;
}

std::vector<std::string> WeightTable::unused() const
{
    std::vector<std::string> names;
    for (const auto& [name, row] : m_rows) {
        if (!row.used)
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}
