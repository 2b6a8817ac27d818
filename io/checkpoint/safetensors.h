// SPDX-License-Identifier: GPL-3.0-or-later
//
// The safetensors format, read strictly: 8 bytes little-endian header length N, N bytes of JSON, then the tensors'
// bytes, which the entries must cover without gap and overlap. Format: huggingface/safetensors README.
#pragma once

#include "io/base/error.h"
#include "io/checkpoint/element_type.h"
#include "io/checkpoint/input_file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace expertscope {

/// One tensor of a file. Row-major, little-endian, contiguous.
struct SafetensorsEntry
{
    std::string name;
    ElementType type = ElementType::Other;
    std::string typeName; ///< as in the file: "F8_E4M3"
    std::vector<std::int64_t> shape; ///< [] is a scalar; a zero makes it empty
    std::uint64_t offset = 0; ///< bytes from the start of the file
    std::uint64_t bytes = 0;
};

struct SafetensorsHeader
{
    std::vector<SafetensorsEntry> entries; ///< sorted by name
    std::vector<std::pair<std::string, std::string>> metadata; ///< sorted by key
};

/// What `json` (the N bytes) says of a file whose tensors start at byte `dataOffset` and fill `dataBytes` bytes.
/// Every rule of the format is checked; an error names `where` and the tensor.
Expected<SafetensorsHeader> parseSafetensorsHeader(
    std::string_view json, std::uint64_t dataOffset, std::uint64_t dataBytes, const std::string& where);

class SafetensorsFile
{
public:
    /// Reads and checks the header; no tensor is touched. Headers are limited to 100,000,000 bytes, as in the format.
    static Expected<SafetensorsFile> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_file.path(); }
    std::uint64_t size() const { return m_file.size(); }
    const std::vector<SafetensorsEntry>& entries() const { return m_header.entries; }
    const std::vector<std::pair<std::string, std::string>>& metadata() const { return m_header.metadata; }
    /// SHA-256 of the length word and the header, hexadecimal.
    const std::string& headerHash() const { return m_headerHash; }
    const SafetensorsEntry* find(std::string_view name) const; ///< null: no such tensor

    /// Bytes [first, first + destination.size()) of the tensor. Safe from several threads.
    Expected<void> read(const SafetensorsEntry& entry, std::uint64_t first, std::span<std::byte> destination) const;

    /// Bytes of the file from `offset` on, for parts of tensors whose place is known.
    Expected<void> readBytes(std::uint64_t offset, std::span<std::byte> destination) const
    {
        return m_file.read(offset, destination);
    }

    /// All values of the tensor `name`, whose type must be that of T (float, std::int32_t, std::uint16_t, …) and whose
    /// size must be at most `maxBytes`. For small side files, not for weights.
    template <class T> Expected<std::vector<T>> values(std::string_view name, std::uint64_t maxBytes = 1u << 30) const;

private:
    SafetensorsFile(InputFile file, SafetensorsHeader header, std::string headerHash)
        : m_file(std::move(file))
        , m_header(std::move(header))
        , m_headerHash(std::move(headerHash))
    {
    }

    InputFile m_file;
    SafetensorsHeader m_header;
    std::string m_headerHash;
};

}
