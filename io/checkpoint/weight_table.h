// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/safetensors.h"
#include "io/checkpoint/shard_index.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace expertscope {

struct Family;

/// All tensors of a checkpoint by name; keeps count of which were used.
class WeightTable
{
public:
    /// Checks the index against the files: each tensor in the file it names, none in two files.
    static Expected<WeightTable> build(const std::vector<SafetensorsFile>& files, const ShardIndex& index);

    bool has(const std::string& name) const { return m_rows.contains(name); }
    /// How weights may be stored that are not plain numbers.
    void setQuantisation(const std::optional<Quantisation>& quantisation) { m_quantisation = quantisation; }
    const std::optional<Quantisation>& quantisation() const { return m_quantisation; }

    /// Uses the tensor `name`, which must have this shape and a floating type of 16 or 32 bits; or, where it is a weight
    /// [rows, columns] that is stored in another form, the parts of that.
    Expected<TensorSource> take(const std::string& name, const std::vector<std::int64_t>& shape);
    /// As take(), whatever its shape.
    Expected<TensorSource> takeAnyShape(const std::string& name);
    /// As take(), of one of these types and shapes.
    Expected<TensorSource> takeRaw(const std::string& name, std::initializer_list<ElementType> types,
        const std::vector<std::vector<std::int64_t>>& shapes);
    /// "FILE: tensor 'NAME'", for errors.
    std::string place(const std::string& name) const;
    /// Names nobody took, sorted.
    std::vector<std::string> unused() const;
    bool isEmpty(const std::string& name) const { return m_rows.at(name).entry->bytes == 0; }

private:
    /// Whether "BASE.weight" is stored in the form of m_quantisation.
    bool isStored(const std::string& name) const;
    Expected<TensorSource> takeStored(const std::string& name, std::int64_t rows, std::int64_t columns);

    struct Row
    {
        const SafetensorsEntry* entry = nullptr;
        std::uint32_t file = 0;
        bool used = false;
    };
    /// Where a tensor lies, which is taken by that.
    static TensorSource use(std::pair<const std::string, Row>& named);

    std::unordered_map<std::string, Row> m_rows;
    std::vector<std::string> m_fileNames;
    std::optional<Quantisation> m_quantisation;
};

/// Takes tensors to where they belong: what resolves their names stands on it.
class WeightTaker
{
protected:
    explicit WeightTaker(WeightTable& table)
        : m_table(table)
    {
    }
    Expected<void> take(TensorSource& into, const std::string& name, const std::vector<std::int64_t>& shape);
    /// A projection and, where it has one, its bias.
    Expected<void> takeLinear(TensorSource& weight, TensorSource& bias, bool biased, const std::string& module,
        std::int64_t out, std::int64_t in);

    WeightTable& m_table;
};

/// Every parameter of `arch` by role. Hub spelling and the reference library's in-memory spelling, with and without the
/// "model." prefix. A tensor that is missing, of a wrong shape, or not used: an error that names it. `notes` gets what
/// is left out on purpose: tensors without elements, and heads that score a text instead of continuing it.
Expected<ModelSource> resolveWeights(
    WeightTable& table, const ArchSpec& arch, const std::string& folder, std::vector<std::string>& notes);

}
