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

TensorSource WeightTable::use(std::pair<const std::string, Row>& named)
{
    auto& [name, row] = named;
    row.used = true;
    TensorSource source;
    source.name = name;
    source.file = row.file;
    source.offset = row.entry->offset;
    source.type = row.entry->type;
    source.shape = row.entry->shape;
    return source;
}

Expected<TensorSource> WeightTable::takeAnyShape(const std::string& name)
{
    const auto at = m_rows.find(name);
    if (at == m_rows.end())
        return fail("is missing", place(name));
    const auto& entry = *at->second.entry;
    if (entry.type != ElementType::F32 && entry.type != ElementType::BF16 && entry.type != ElementType::F16)
        return fail("is " + entry.typeName + ", only F32, BF16 and F16 weights are read", place(name));
    return use(*at);
}

Expected<TensorSource> WeightTable::takeRaw(const std::string& name, std::initializer_list<ElementType> types,
    const std::vector<std::vector<std::int64_t>>& shapes)
{
    const auto at = m_rows.find(name);
    if (at == m_rows.end())
        return fail("is missing", place(name));
    const auto& entry = *at->second.entry;
    if (std::ranges::find(types, entry.type) == types.end())
        return fail("is " + entry.typeName + ", " + elementName(*types.begin()) + " was expected", place(name));
    if (std::ranges::find(shapes, entry.shape) == shapes.end())
        return fail("has shape " + shapeText(entry.shape) + ", " + shapeText(shapes.front()) + " was expected", place(name));
    TensorSource source = use(*at);
    if (source.shape.empty())
        source.shape = {1}; // a scalar
    return source;
}

bool WeightTable::isStored(const std::string& name) const
{
    if (!m_quantisation || !name.ends_with(".weight"))
        return false;
    const auto base = name.substr(0, name.size() - 6);
    switch (m_quantisation->form) {
    case StoredForm::Fp8Block:
    case StoredForm::Fp8: {
        const auto at = m_rows.find(name);
        return at != m_rows.end() && at->second.entry->type == ElementType::F8E4M3;
    }
    case StoredForm::Packed:
        return has(base + "weight_packed");
    case StoredForm::Gptq:
    case StoredForm::Awq:
        return has(base + "qweight");
    case StoredForm::Mxfp4:
        break; // experts only, which have names of their own
    }
    return false;
}

Expected<TensorSource> WeightTable::takeStored(const std::string& name, std::int64_t rows, std::int64_t columns)
{
    const auto& how = *m_quantisation;
    const auto base = name.substr(0, name.size() - 6);
    const std::initializer_list<ElementType> scaleTypes{ElementType::F32, ElementType::BF16, ElementType::F16};
    const std::int64_t perWord = 32 / how.bits, size = how.groupSize > 0 ? how.groupSize : columns,
                       groups = ceilDiv(columns, size);
    auto stored = std::make_shared<StoredTensor>();
    stored->how = how;
    const auto part = [&](TensorSource& into, const std::string& leaf, std::initializer_list<ElementType> types,
                          const std::vector<std::vector<std::int64_t>>& shapes) -> Expected<void> {
        ES_ASSIGN(into, takeRaw(base + leaf, types, shapes));
        return {};
    };
    switch (how.form) {
    case StoredForm::Fp8Block:
        ES_TRY(part(stored->values, "weight", {ElementType::F8E4M3}, {{rows, columns}}));
        ES_TRY(part(stored->scales, "weight_scale_inv", scaleTypes,
            {{ceilDiv(rows, how.blockRows), ceilDiv(columns, how.blockColumns)}}));
        break;
    case StoredForm::Fp8:
        ES_TRY(part(stored->values, "weight", {ElementType::F8E4M3}, {{rows, columns}}));
        ES_TRY(part(stored->scales, "weight_scale", scaleTypes, {{rows, 1}, {rows}, {1}, {}}));
        break;
    case StoredForm::Packed: {
        TensorSource shape; // says again what the config does
        ES_TRY(part(stored->values, "weight_packed", {ElementType::I32}, {{rows, ceilDiv(columns, perWord)}}));
        ES_TRY(part(stored->scales, "weight_scale", scaleTypes, {{rows, groups}}));
        if (how.zeros)
            ES_TRY(part(stored->zeros, "weight_zero_point", {ElementType::I32}, {{ceilDiv(rows, perWord), groups}}));
        ES_TRY(part(shape, "weight_shape", {ElementType::I64, ElementType::I32}, {{2}}));
        break;
    }
    case StoredForm::Gptq:
    case StoredForm::Awq: {
        const bool awq = how.form == StoredForm::Awq;
        if ((!awq && columns % perWord != 0) || rows % perWord != 0)
            return fail("is no multiple of " + std::to_string(perWord) + " in size", place(base + "qweight"));
        ES_TRY(part(stored->values, "qweight", {ElementType::I32},
            {awq ? std::vector{columns, rows / perWord} : std::vector{columns / perWord, rows}}));
        ES_TRY(part(stored->scales, "scales", scaleTypes, {{groups, rows}}));
        ES_TRY(part(stored->zeros, "qzeros", {ElementType::I32}, {{groups, rows / perWord}}));
        if (!awq && has(base + "g_idx"))
            ES_TRY(part(stored->groups, "g_idx", {ElementType::I32}, {{columns}}));
        break;
    }
    case StoredForm::Mxfp4:
        return fail("is stored in a form that only experts have", place(name));
    }
    TensorSource source;
    source.name = name;
    source.file = stored->values.file;
    source.offset = stored->values.offset;
    // The fp8 of blocks is multiplied in fp32; the other libraries compute in the type of the scales.
    source.type = how.form == StoredForm::Fp8Block ? ElementType::F32 : stored->scales.type;
    source.shape = {rows, columns};
    source.stored = std::move(stored);
    return source;
}

Expected<TensorSource> WeightTable::take(const std::string& name, const std::vector<std::int64_t>& shape)
{
    if (shape.size() == 2 && isStored(name))
        return takeStored(name, shape[0], shape[1]);
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

Expected<void> WeightTaker::take(TensorSource& into, const std::string& name, const std::vector<std::int64_t>& shape)
{
    ES_ASSIGN(into, m_table.take(name, shape));
    return {};
}

Expected<void> WeightTaker::takeLinear(TensorSource& weight, TensorSource& bias, bool biased, const std::string& module,
    std::int64_t out, std::int64_t in)
{
    ES_TRY(take(weight, module + ".weight", {out, in}));
    if (biased)
        ES_TRY(take(bias, module + ".bias", {out}));
    return {};
}

}
