// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes the objects of a new trace file: groups, axes, columns with all the attributes that the format asks for.
// Private to io/trace. All calls need hdf5::Lock to be held.
#pragma once

#include "io/base/new_file.h"
#include "io/trace/hdf5_output_driver.h"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace expertscope::hdf5 {

struct Filters
{
    int level = 0; ///< 0: no filter
    bool shuffle = false;
};

/// How a dataset is made; `dimensions` names the scales below its group or the root, one an axis.
struct DatasetSpec
{
    std::string path{};
    hid_t type = H5I_INVALID_HID;
    std::vector<hsize_t> dims{};
    std::vector<hsize_t> chunk{}; ///< empty: contiguous
    bool growing = false; ///< first axis without an upper bound
    Filters filters{};
    const void* fill = nullptr; ///< of `type`; also stored as _FillValue
    std::vector<std::string> dimensions{};
    std::string units{}, longName{}, description{};
};

class Builder
{
public:
    /// Writes into `file`, which must outlive this.
    explicit Builder(const NewFile& file)
        : m_path(file.name().string())
        , m_bytes{.descriptor = file.descriptor()}
    {
    }

    Expected<void> create();
    Expected<void> close();
    /// What could not be written so far: HDF5 itself does not know (hdf5_output_driver.h).
    Expected<void> written() const;
    /// Our Error of a call that failed.
    tl::unexpected<Error> failed(const std::string& what) const;
    hid_t file() const { return m_file; }

    Expected<void> text(hid_t object, const char* name, const std::string& value);
    Expected<void> integer(hid_t object, const char* name, std::int64_t value);
    Expected<Handle> group(const std::string& path);
    Expected<Handle> dataset(const DatasetSpec& spec);
    /// A named axis as netCDF-4 keeps it: a scale without values, which takes no space.
    Expected<void> scale(const std::string& path, hsize_t size, bool growing = false);
    /// CF's way to name the values of an integer column.
    Expected<void> flags(const Handle& object, std::uint8_t count, const char* meanings);
    /// A column of texts of variable length.
    Expected<void> texts(DatasetSpec spec, const std::vector<const char*>& values);
    /// One text, of a type just as long as it is.
    Expected<void> fixedText(DatasetSpec spec, const std::string& value);

    /// A whole column of numbers; deflated when it is worth it.
    template <class T> Expected<Handle> column(DatasetSpec spec, const std::vector<T>& values, hid_t memoryType)
    {
        spec.dims = {values.size()};
        if (spec.growing || values.size() >= 1024) {
            spec.chunk = {std::clamp<hsize_t>(values.size(), 16, 65536)};
            spec.filters = {.level = 4, .shuffle = sizeof(T) > 1};
        }
        return column(spec, values.data(), values.size(), memoryType);
    }

    /// A column of `count` numbers that are made part by part, in order: `fill` writes all of the span that it is
    /// given.
    template <class T>
    Expected<Handle> column(
        DatasetSpec spec, std::uint64_t count, hid_t memoryType, const std::function<void(std::span<T>)>& fill)
    {
        spec.dims = {count};
        spec.chunk = {std::clamp<hsize_t>(count, 16, 65536)};
        spec.filters = {.level = 4, .shuffle = sizeof(T) > 1};
        ES_ASSIGN(Handle made, dataset(spec));
        std::vector<T> part;
        for (std::uint64_t first = 0; first < count; first += part.size()) {
            part.resize(std::min<std::uint64_t>(count - first, 65536)); // whole chunks: each is packed once
            fill(part);
            ES_TRY(write(made, spec.path, part.data(), first, part.size(), memoryType));
        }
        return made;
    }

private:
    Expected<void> write(const Handle& dataset, const std::string& path, const void* values, hsize_t first,
        hsize_t count, hid_t memoryType);
    Expected<Handle> column(const DatasetSpec& spec, const void* values, std::size_t count, hid_t memoryType);

    const std::string m_path;
    OutputBytes m_bytes; ///< before the file, which writes into it to its end
    Handle m_file;
    std::map<std::string, Handle> m_scales;
};

}
