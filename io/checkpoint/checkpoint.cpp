// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/checkpoint.h"

#include "io/base/sha256.h"
#include "io/checkpoint/foreign_layouts.h"
#include "io/checkpoint/input_file.h"
#include "io/checkpoint/safetensors.h"
#include "io/checkpoint/shard_index.h"
#include "io/checkpoint/weight_table.h"

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
    if (!tensor.present() || tensor.file >= d->files.size() || first > bytes || destination.size() > bytes - first)
        return fail("read past its end", d->folder.string() + ": tensor '" + tensor.name + "'");
    auto done = d->files[tensor.file].readBytes(tensor.offset + first, destination);
    if (!done)
        done.error().where += ": tensor '" + tensor.name + "'";
    return done;
}

Checkpoint::Checkpoint(std::unique_ptr<Private> d)
    : d(std::move(d))
{
}

Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

}
