// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/safetensors.h"

#include "io/base/json.h"
#include "io/base/lfs_pointer.h"
#include "io/base/sha256.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>

namespace expertscope {

static_assert(std::endian::native == std::endian::little, "tensor bytes are handed on as they lie in the file");

namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kMaxRank = 8;

struct TypeRow
{
    const char* name;
    ElementType type;
    unsigned bits;
};

constexpr std::array kTypes{TypeRow{"F32", ElementType::F32, 32}, TypeRow{"F16", ElementType::F16, 16},
    TypeRow{"BF16", ElementType::BF16, 16}, TypeRow{"F64", ElementType::F64, 64}, TypeRow{"I64", ElementType::I64, 64},
    TypeRow{"I32", ElementType::I32, 32}, TypeRow{"I16", ElementType::I16, 16}, TypeRow{"I8", ElementType::I8, 8},
    TypeRow{"U8", ElementType::U8, 8}, TypeRow{"U16", ElementType::U16, 16}, TypeRow{"U32", ElementType::U32, 32},
    TypeRow{"U64", ElementType::U64, 64}, TypeRow{"BOOL", ElementType::Bool, 8},
    TypeRow{"F8_E4M3", ElementType::F8E4M3, 8}, TypeRow{"F8_E5M2", ElementType::F8E5M2, 8},
    TypeRow{"F8_E4M3FNUZ", ElementType::Other, 8}, TypeRow{"F8_E5M2FNUZ", ElementType::Other, 8},
    TypeRow{"F8_E8M0", ElementType::Other, 8}, TypeRow{"C64", ElementType::Other, 64},
    TypeRow{"F6_E2M3", ElementType::Other, 6}, TypeRow{"F6_E3M2", ElementType::Other, 6},
    TypeRow{"F4", ElementType::Other, 4}};

const TypeRow* findType(std::string_view name)
{
    const auto at = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& row) { return row.name == name; });
    return at == kTypes.end() ? nullptr : &*at;
}

std::optional<std::uint64_t> asUnsigned(const JsonValue& value)
{
    if (const auto* number = std::get_if<std::uint64_t>(&value.data))
        return *number;
    return std::nullopt;
}

Expected<SafetensorsEntry> parseEntry(const std::string& name, const JsonValue& value, std::uint64_t dataOffset,
    std::uint64_t dataBytes, const std::string& at)
{
    const auto* members = value.object();
    if (!members)
        return fail(std::string("its entry is ") + value.kind() + ", not an object", at);
    const auto* dtype = value.find("dtype");
    const auto* shape = value.find("shape");
    const auto* offsets = value.find("data_offsets");
    if (!dtype || !shape || !offsets)
        return fail("its entry lacks one of dtype, shape, data_offsets", at);
    if (members->size() != 3)
        return fail("its entry has keys beside dtype, shape, data_offsets", at);

    SafetensorsEntry entry;
    entry.name = name;
    if (!dtype->string())
        return fail(std::string("dtype is ") + dtype->kind() + ", not a string", at);
    entry.typeName = *dtype->string();
    const auto* type = findType(entry.typeName);
    if (!type)
        return fail("unknown dtype '" + entry.typeName.substr(0, 40) + "'", at);
    entry.type = type->type;

    if (!shape->array())
        return fail(std::string("shape is ") + shape->kind() + ", not an array", at);
    if (shape->array()->size() > kMaxRank)
        return fail("shape has " + std::to_string(shape->array()->size()) + " dimensions, at most 8 are read", at);
    std::string shapeText;
    for (const auto& dimension : *shape->array()) {
        const auto size = asUnsigned(dimension);
        if (!size || *size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return fail("shape holds something else than sizes that fit 63 bits", at);
        entry.shape.push_back(static_cast<std::int64_t>(*size));
        shapeText += (shapeText.empty() ? "" : ", ") + std::to_string(*size);
    }
    // The product is formed with overflow checks even past a zero: [2^40, 2^40, 0] is nobody's honest tensor.
    std::uint64_t elements = 1, nonZero = 1;
    for (const auto size : entry.shape) {
        const auto n = static_cast<std::uint64_t>(size);
        elements *= n;
        if (n != 0 && __builtin_mul_overflow(nonZero, n, &nonZero))
            return fail("shape [" + shapeText + "] has more elements than 64 bits count", at);
    }
    std::uint64_t bits = 0;
    if (__builtin_mul_overflow(nonZero, std::uint64_t{type->bits}, &bits))
        return fail("shape [" + shapeText + "] has more elements than 64 bits count", at);
    bits = elements * type->bits;
    if (bits % 8 != 0)
        return fail("[" + shapeText + "] " + entry.typeName + " does not end on a byte", at);

    if (!offsets->array() || offsets->array()->size() != 2)
        return fail("data_offsets is not a pair", at);
    const auto begin = asUnsigned((*offsets->array())[0]);
    const auto end = asUnsigned((*offsets->array())[1]);
    if (!begin || !end)
        return fail("data_offsets holds something else than two non-negative integers", at);
    if (*begin > *end)
        return fail("data_offsets run backwards: " + std::to_string(*begin) + " to " + std::to_string(*end), at);
    if (*end > dataBytes) {
        return fail("data_offsets end at " + std::to_string(*end) + ", the file holds " + std::to_string(dataBytes)
                + " bytes of tensors",
            at, "is the file complete?");
    }
    entry.offset = dataOffset + *begin;
    entry.bytes = *end - *begin;
    if (entry.bytes != bits / 8) {
        return fail("shape and byte range disagree: " + std::to_string(entry.bytes) + " bytes for [" + shapeText + "] "
                + entry.typeName,
            at);
    }
    return entry;
}

}

std::size_t elementBits(ElementType type)
{
    const auto at = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& row) { return row.type == type; });
    return type == ElementType::Other ? 0 : at->bits;
}

const char* elementName(ElementType type)
{
    const auto at = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& row) { return row.type == type; });
    return type == ElementType::Other ? "other" : at->name;
}

Expected<SafetensorsHeader> parseSafetensorsHeader(
    std::string_view json, std::uint64_t dataOffset, std::uint64_t dataBytes, const std::string& where)
{
    if (const auto first = json.find_first_not_of(" \t\r\n"); first == std::string_view::npos || json[first] != '{')
        return fail("the header does not start with '{'", where, "is it a safetensors file?");
    JsonLimits limits;
    limits.maxBytes = kMaxHeaderBytes;
    limits.maxValues = 8'000'000;
    limits.maxDepth = 4;
    ES_ASSIGN(const auto root, parseStrictJson(json, limits, where + ": header"));

    const auto* tensors = root.object();
    if (!tensors)
        return fail(std::string("the header is ") + root.kind() + ", not an object", where);

    SafetensorsHeader header;
    for (const auto& [name, value] : *tensors) {
        if (name == "__metadata__") {
            if (value.isNull())
                continue; // the same as none
            if (!value.object())
                return fail(std::string("is ") + value.kind() + ", not an object", where + ": __metadata__");
            for (const auto& [key, text] : *value.object()) {
                if (!text.string())
                    return fail(
                        "'" + key.substr(0, 100) + "' is " + text.kind() + ", not a string", where + ": __metadata__");
                header.metadata.emplace_back(key, *text.string());
            }
            continue;
        }
        ES_ASSIGN(auto entry,
            parseEntry(name, value, dataOffset, dataBytes, where + ": tensor '" + name.substr(0, 300) + "'"));
        header.entries.push_back(std::move(entry));
    }

    // The tensors must tile the rest of the file: no byte that belongs to none, none that belongs to two.
    std::vector<const SafetensorsEntry*> order;
    order.reserve(header.entries.size());
    for (const auto& entry : header.entries)
        order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return a->offset != b->offset ? a->offset < b->offset : a->bytes < b->bytes;
    });
    std::uint64_t expected = dataOffset;
    for (const auto* entry : order) {
        if (entry->offset != expected) {
            return fail(std::string(entry->offset > expected ? "leaves a gap after" : "overlaps") + " byte "
                    + std::to_string(expected - dataOffset) + " of the tensor data (it starts at "
                    + std::to_string(entry->offset - dataOffset) + ")",
                where + ": tensor '" + entry->name.substr(0, 300) + "'");
        }
        expected += entry->bytes;
    }
    if (expected != dataOffset + dataBytes) {
        return fail(std::to_string(dataOffset + dataBytes - expected) + " bytes at the end belong to no tensor", where);
    }
    return header;
}

Expected<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path)
{
    ES_ASSIGN(auto file, InputFile::open(path));
    const auto where = path.string();
    if (file.size() < 8)
        return fail("has " + std::to_string(file.size()) + " bytes, too few for a safetensors file", where);
    std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 64)), '\0');
    ES_TRY(file.read(0, std::as_writable_bytes(std::span(head))));
    ES_TRY(refuseLfsPointer(head, where));
    std::array<std::byte, 8> word;
    ES_TRY(file.read(0, word));
    const auto headerBytes = std::bit_cast<std::uint64_t>(word);
    if (headerBytes > kMaxHeaderBytes) {
        return fail("says its header has " + std::to_string(headerBytes) + " bytes, more than the format's 100,000,000",
            where, "is it a safetensors file?");
    }
    if (headerBytes > file.size() - 8) {
        return fail("says its header has " + std::to_string(headerBytes) + " bytes, the whole file has "
                + std::to_string(file.size()),
            where, "is the file complete?");
    }
    std::string json(static_cast<std::size_t>(headerBytes), '\0');
    ES_TRY(file.read(8, std::as_writable_bytes(std::span(json))));
    ES_ASSIGN(auto header, parseSafetensorsHeader(json, 8 + headerBytes, file.size() - 8 - headerBytes, where));
    Sha256 hash;
    hash.update(word);
    hash.update(std::as_bytes(std::span(json)));
    return SafetensorsFile(std::move(file), std::move(header), hash.hex());
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const
{
    const auto& all = m_header.entries;
    const auto at = std::lower_bound(
        all.begin(), all.end(), name, [](const auto& entry, std::string_view n) { return entry.name < n; });
    return at != all.end() && at->name == name ? &*at : nullptr;
}

Expected<void> SafetensorsFile::read(
    const SafetensorsEntry& entry, std::uint64_t first, std::span<std::byte> destination) const
{
    if (first > entry.bytes || destination.size() > entry.bytes - first)
        return fail("read past its end", path().string() + ": tensor '" + entry.name + "'");
    return m_file.read(entry.offset + first, destination);
}

namespace {
template <class T> constexpr ElementType kTypeOf = ElementType::Other;
template <> constexpr ElementType kTypeOf<float> = ElementType::F32;
template <> constexpr ElementType kTypeOf<double> = ElementType::F64;
template <> constexpr ElementType kTypeOf<std::int32_t> = ElementType::I32;
template <> constexpr ElementType kTypeOf<std::int64_t> = ElementType::I64;
template <> constexpr ElementType kTypeOf<std::uint16_t> = ElementType::U16;
template <> constexpr ElementType kTypeOf<std::uint8_t> = ElementType::U8;
}

template <class T> Expected<std::vector<T>> SafetensorsFile::values(std::string_view name, std::uint64_t maxBytes) const
{
    const auto where = path().string() + ": tensor '" + std::string(name) + "'";
    const auto* entry = find(name);
    if (!entry)
        return fail("is missing", where);
    if (entry->type != kTypeOf<T>)
        return fail("is " + entry->typeName + ", " + elementName(kTypeOf<T>) + " was expected", where);
    if (entry->bytes > maxBytes)
        return fail(
            "has " + std::to_string(entry->bytes) + " bytes, at most " + std::to_string(maxBytes) + " are read", where);
    std::vector<T> values(static_cast<std::size_t>(entry->bytes / sizeof(T)));
    ES_TRY(read(*entry, 0, std::as_writable_bytes(std::span(values))));
    return values;
}

template Expected<std::vector<float>> SafetensorsFile::values(std::string_view, std::uint64_t) const;
template Expected<std::vector<double>> SafetensorsFile::values(std::string_view, std::uint64_t) const;
template Expected<std::vector<std::int32_t>> SafetensorsFile::values(std::string_view, std::uint64_t) const;
template Expected<std::vector<std::int64_t>> SafetensorsFile::values(std::string_view, std::uint64_t) const;
template Expected<std::vector<std::uint16_t>> SafetensorsFile::values(std::string_view, std::uint64_t) const;
template Expected<std::vector<std::uint8_t>> SafetensorsFile::values(std::string_view, std::uint64_t) const;

}
