// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/checkpoint.h"

#include "io/base/sha256.h"
#include "io/checkpoint/foreign_layouts.h"
#include "io/checkpoint/input_file.h"
#include "io/checkpoint/safetensors.h"
#include "io/checkpoint/shard_index.h"
#include "io/checkpoint/weight_table.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

namespace expertscope {

namespace fs = std::filesystem;

struct Checkpoint::Private
{
    fs::path folder;
    std::string configJson;
    ArchSpec arch;
    std::vector<fs::path> paths;
    std::vector<SafetensorsFile> files;
    ModelSource weights;
    std::uint64_t weightBytes = 0;
    std::string weightHash;
    std::vector<std::string> notes;
};

Expected<Checkpoint> Checkpoint::open(const fs::path& folder)
{
    std::error_code error;
    if (!fs::is_directory(folder, error))
        return tl::unexpected(notAFolder(folder));
    const auto configPath = folder / "config.json";
    if (!fs::exists(configPath, error))
        return tl::unexpected(noConfig(folder));
    if (fs::exists(folder / "adapter_config.json", error)) {
        return fail("holds an adapter (adapter_config.json), which would change the weights", folder.string(),
            "merge it into the checkpoint first");
    }

    auto d = std::make_unique<Private>();
    d->folder = folder;
    ES_ASSIGN(d->configJson, readTextFile(configPath, 16u << 20));
    ES_ASSIGN(d->arch, parseArchSpec(d->configJson, configPath.string()));
    ES_ASSIGN(auto found, findWeightFiles(folder));
    d->paths = std::move(found.paths);
    Sha256 hash;
    for (const auto& path : d->paths) {
        ES_ASSIGN(auto file, SafetensorsFile::open(path));
        const auto line = std::to_string(file.size()) + " " + file.headerHash() + "\n";
        hash.update(std::as_bytes(std::span(line)));
        for (const auto& entry : file.entries())
            d->weightBytes += entry.bytes;
        d->files.push_back(std::move(file));
    }
    d->weightHash = hash.hex();
    ES_ASSIGN(auto table, WeightTable::build(d->files, found.index));
    table.setQuantisation(d->arch.quantisation);
    if (const auto& how = d->arch.quantisation)
        d->notes.push_back("weights stored as " + std::string(storedFormName(how->form))
            + " are computed with as what they stand for; activations are not quantised");
    ES_ASSIGN(d->weights, resolveWeights(table, d->arch, folder.string(), d->notes));
    return Checkpoint(std::move(d));
}

const fs::path& Checkpoint::folder() const
{
    return d->folder;
}

const ArchSpec& Checkpoint::arch() const
{
    return d->arch;
}

const std::string& Checkpoint::configJson() const
{
    return d->configJson;
}

const ModelSource& Checkpoint::weights() const
{
    return d->weights;
}

const std::vector<fs::path>& Checkpoint::files() const
{
    return d->paths;
}

std::uint64_t Checkpoint::weightBytes() const
{
    return d->weightBytes;
}

const std::string& Checkpoint::weightHash() const
{
    return d->weightHash;
}

const std::vector<std::string>& Checkpoint::notes() const
{
    return d->notes;
}

Expected<void> Checkpoint::read(const TensorSource& tensor, std::uint64_t first, std::span<std::byte> destination) const
{
    const auto bytes = tensor.numElements() * elementBits(tensor.type) / 8;
    if (tensor.stored || !tensor.present() || tensor.file >= d->files.size() || first > bytes || destination.size() > bytes - first)
        return fail("read past its end", d->folder.string() + ": tensor '" + tensor.name + "'");
    auto done = d->files[tensor.file].readBytes(tensor.offset + first, destination);
    if (!done)
        done.error().where += ": tensor '" + tensor.name + "'";
    return done;
}

namespace {

float fromHalf(std::uint16_t bits)
{
    const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
    float size = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                               : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
    if (exponent == 31)
        size = mantissa ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    return bits & 0x8000 ? -size : size;
}

std::vector<float> toFloats(ElementType type, const std::vector<std::byte>& bytes)
{
    std::vector<float> out(bytes.size() * 8 / elementBits(type));
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (type == ElementType::F32) {
            std::memcpy(&out[i], bytes.data() + 4 * i, 4);
            continue;
        }
        std::uint16_t bits;
        std::memcpy(&bits, bytes.data() + 2 * i, 2);
        out[i] = type == ElementType::F16 ? fromHalf(bits) : std::bit_cast<float>(std::uint32_t{bits} << 16);
    }
    return out;
}

template <class T> std::vector<T> as(const std::vector<std::byte>& bytes)
{
    std::vector<T> out(bytes.size() / sizeof(T));
    if (!out.empty()) // an empty tensor lies nowhere
        std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
    return out;
}

}

Expected<std::vector<float>> Checkpoint::readValues(const TensorSource& tensor) const
{
    const std::string where = d->folder.string() + ": tensor '" + tensor.name + "'";
    const auto bytesOf = [&](const TensorSource& part) -> Expected<std::vector<std::byte>> {
        std::vector<std::byte> bytes(part.present() ? part.numElements() * elementBits(part.type) / 8 : 0);
        if (!bytes.empty())
            ES_TRY(read(part, 0, bytes));
        return bytes;
    };
    if (!tensor.stored) {
        if (tensor.type != ElementType::F32 && tensor.type != ElementType::F16 && tensor.type != ElementType::BF16)
            return fail(std::string("is of type ") + elementName(tensor.type) + ", not a floating one", where);
        ES_ASSIGN(const auto plain, bytesOf(tensor));
        return toFloats(tensor.type, plain);
    }
    const StoredTensor& stored = *tensor.stored;
    ES_ASSIGN(const auto values, bytesOf(stored.values));
    ES_ASSIGN(const auto scaleBytes, bytesOf(stored.scales));
    ES_ASSIGN(const auto zeroBytes, bytesOf(stored.zeros));
    ES_ASSIGN(const auto groupBytes, bytesOf(stored.groups));
    const bool exponents = stored.how.form == StoredForm::Mxfp4;
    const auto scales = exponents ? std::vector<float>() : toFloats(stored.scales.type, scaleBytes);
    const auto zeros = as<std::uint32_t>(zeroBytes);
    const auto groups = as<std::int32_t>(groupBytes);
    StoredBytes bytes;
    bytes.values = values;
    bytes.scales = scales;
    if (exponents)
        bytes.exponents = scaleBytes;
    bytes.zeros = zeros;
    bytes.groups = groups;
    auto result = dequantise(stored.how, tensor.shape[0], tensor.shape[1], bytes);
    if (!result)
        result.error().where = where;
    return result;
}

Checkpoint::Checkpoint(std::unique_ptr<Private> d)
    : d(std::move(d))
{
}

Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

}
