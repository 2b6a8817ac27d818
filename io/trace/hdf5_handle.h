// SPDX-License-Identifier: GPL-3.0-or-later
//
// The only way Expertscope touches the HDF5 C API: RAII handles, one lock, errors as values. For io/trace and
// analysis/results alone: included by .cpp files only.
#pragma once

#include "io/base/error.h"

#include <hdf5.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace expertscope::hdf5 {

/// HDF5 does not always look whether it found memory, and crashes: ask before it does. Throws std::bad_alloc.
void requireMemory(std::size_t bytes);
inline constexpr std::size_t kFileBytes = 8 << 20; ///< what opening or making a file may need

/// Held around HDF5 calls: distributions ship the library with and without its own locking, so we bring ours. Also
/// silences the library's printing for the calling thread. Recursive, so that helpers may take it again.
class Lock
{
public:
    /// Throws std::bad_alloc where there would not be memory enough for a call.
    Lock();
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    friend class Handle;
    struct Closing
    {
    };
    explicit Lock(Closing); ///< gives memory back and needs none
    std::unique_lock<std::recursive_mutex> m_lock;
};

/// Owns one HDF5 identifier of any kind.
class Handle
{
public:
    using Close = herr_t (*)(hid_t);

    Handle() = default;
    Handle(hid_t id, Close close)
        : m_id(id)
        , m_close(close)
    {
    }
    Handle(Handle&& other) noexcept
        : m_id(other.m_id)
        , m_close(other.m_close)
    {
        other.m_id = H5I_INVALID_HID;
    }
    Handle& operator=(Handle&& other) noexcept;
    ~Handle() { reset(); }

    explicit operator bool() const { return m_id >= 0; }
    hid_t get() const { return m_id; }
    operator hid_t() const { return m_id; }
    /// Closes now; negative when HDF5 could not (buffers not written).
    herr_t reset();

private:
    hid_t m_id = H5I_INVALID_HID;
    Close m_close = nullptr;
};

/// Our Error of HDF5's error stack, which is cleared.
Error takeError(const std::string& what, const std::string& where);
inline tl::unexpected<Error> failed(const std::string& what, const std::string& where)
{
    return tl::unexpected(takeError(what, where));
}

/// What HDF5 said last, in its own words, which are then forgotten; empty: nothing.
std::string takeReason();

/// Does `path` ("a/b/c") exist below `location`, without a link that leaves the file? Missing: false. A link into
/// another file is an error: a trace must not make its reader open other files.
Expected<bool> exists(hid_t location, const std::string& path, const std::string& file);
Expected<Handle> openGroup(hid_t location, const std::string& path, const std::string& file);
Expected<Handle> openDataset(hid_t location, const std::string& path, const std::string& file);
Expected<std::vector<hsize_t>> dimensions(hid_t dataset, const std::string& where);

/// Is there an attribute of this name? An error where that cannot be told: the object is damaged.
Expected<bool> hasAttribute(hid_t object, const std::string& attribute, const std::string& where);
/// Is it a single text?
Expected<bool> isText(hid_t object, const std::string& attribute, const std::string& where);
/// Text attributes and datasets, fixed or variable length, at most `limit` bytes.
Expected<std::string> readText(
    hid_t object, const std::string& attribute, const std::string& where, std::size_t limit = 1 << 20);
Expected<std::string> readScalarText(hid_t dataset, const std::string& where, std::size_t limit);
Expected<std::vector<std::string>> readTexts(
    hid_t dataset, std::uint64_t count, const std::string& where, std::size_t limit = 1 << 16);
/// One after the other, some of them in memory.
Expected<void> visitTexts(hid_t dataset, std::uint64_t count, const std::string& where,
    const std::function<void(std::string)>& visit, std::size_t limit = 1 << 16);
Expected<std::int64_t> readInteger(hid_t object, const std::string& attribute, const std::string& where);
/// Names of all attributes of an object, at most 1,024.
Expected<std::vector<std::string>> attributeNames(hid_t object, const std::string& where);
/// Names of the links of a group, at most 4,096.
Expected<std::vector<std::string>> linkNames(hid_t group, const std::string& where);

Expected<void> writeText(
    hid_t object, const std::string& attribute, const std::string& value, const std::string& where);
Expected<void> writeInteger(hid_t object, const std::string& attribute, std::int64_t value, const std::string& where);
/// The type of our variable-length UTF-8 strings.
Handle textType();

}
