// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/hdf5_handle.h"

#include "io/trace/hdf5_filters.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace expertscope::hdf5 {

namespace {

constexpr std::size_t kFirstBytes = 4 << 20, kCallBytes = 1 << 20; ///< the library's own tables; what a call allocates
int depth = 0; ///< of locks, guarded by the mutex

std::recursive_mutex& libraryMutex()
{
    static std::recursive_mutex mutex;
    return mutex;
}

herr_t collectMessage(unsigned, const H5E_error2_t* error, void* data)
{
    // Walked from the innermost call outwards: the innermost says what is wrong.
    auto& text = *static_cast<std::string*>(data);
    if (text.empty() && error->desc)
        text = error->desc;
    return 0;
}

/// Frees what HDF5 allocated for a variable-length string.
struct VariableText
{
    char* data = nullptr;
    ~VariableText()
    {
        if (data)
            H5free_memory(data);
    }
};

Expected<std::string> bounded(const char* data, std::size_t limit, const std::string& where)
{
    if (!data)
        return std::string();
    const auto length = strnlen(data, limit + 1);
    if (length > limit)
        return fail("text of more than " + std::to_string(limit) + " bytes", where);
    return std::string(data, length);
}

/// HDF5 believes the references that stand for texts of variable length, and crashes on wrong ones. HDF5 does not
/// allow fletcher32 for them; a deflated chunk ends with a checksum as well.
bool hasChecksum(hid_t dataset)
{
    const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
    return creation
        && H5Pget_filter_by_id2(creation, H5Z_FILTER_DEFLATE, nullptr, nullptr, nullptr, 0, nullptr, nullptr) >= 0;
}

std::string libraryVersion()
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

/// An attribute that was opened, with its type and shape.
struct OpenAttribute
{
    Handle attribute, type, space;
};

Expected<OpenAttribute> openAttribute(hid_t object, const std::string& attribute, const std::string& where)
{
    const auto place = where + ": attribute '" + attribute + "'";
    ES_ASSIGN(const bool there, hasAttribute(object, attribute, where));
    if (!there)
        return fail("is missing", place);
    OpenAttribute open;
    open.attribute = Handle(H5Aopen(object, attribute.c_str(), H5P_DEFAULT), H5Aclose);
    if (open.attribute) {
        open.type = Handle(H5Aget_type(open.attribute), H5Tclose);
        open.space = Handle(H5Aget_space(open.attribute), H5Sclose);
    }
    if (!open.type || !open.space)
        return failed("cannot be opened", place);
    return open;
}

/// Reads the one string of an attribute or dataset; `read` calls H5Aread or H5Dread with the memory type it is given.
template <class Read> Expected<std::string> oneText(hid_t type, const std::string& where, std::size_t limit, Read read)
{
    if (H5Tget_class(type) != H5T_STRING)
        return fail("is not text", where);
    const Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
    if (!memory || H5Tset_cset(memory, H5Tget_cset(type)) < 0)
        return failed("text type", where);
    if (H5Tis_variable_str(type) > 0) {
        VariableText text;
        if (H5Tset_size(memory, H5T_VARIABLE) < 0 || read(memory.get(), static_cast<void*>(&text.data)) < 0)
            return failed("cannot be read", where);
        return bounded(text.data, limit, where);
    }
    const auto size = H5Tget_size(type);
    if (size == 0 || size > limit)
        return fail(
            "text of " + std::to_string(size) + " bytes, at most " + std::to_string(limit) + " are allowed", where);
    std::vector<char> buffer(size + 1, '\0');
    if (H5Tset_size(memory, size + 1) < 0 || H5Tset_strpad(memory, H5T_STR_NULLTERM) < 0
        || read(memory.get(), static_cast<void*>(buffer.data())) < 0)
        return failed("cannot be read", where);
    return bounded(buffer.data(), limit, where);
}

}

void requireMemory(std::size_t bytes)
{
    const std::unique_ptr<volatile char[]> enough(new volatile char[bytes]);
    enough[0] = 0;
}

Lock::Lock(Closing)
    : m_lock(libraryMutex())
{
    ++depth;
}

Lock::~Lock()
{
    --depth;
}

Lock::Lock()
    : m_lock(libraryMutex())
{
    // The default error stack belongs to the thread in thread-safe builds, so each one is told.
    thread_local bool silenced = false;
    if (!silenced) {
        requireMemory(kFirstBytes);
        // At exit nothing of ours is open; what HDF5 tidies away then, it frees twice once it has been short of memory.
        [[maybe_unused]] static const herr_t untidy = H5dont_atexit();
        H5open();
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        silenced = true;
    }
    if (depth == 0)
        requireMemory(kCallBytes);
    ++depth;
}

Handle& Handle::operator=(Handle&& other) noexcept
{
    if (this != &other) {
        reset();
        m_id = other.m_id;
        m_close = other.m_close;
        other.m_id = H5I_INVALID_HID;
    }
    return *this;
}

herr_t Handle::reset()
{
    if (m_id < 0)
        return 0;
    const Lock lock(Lock::Closing{});
    const auto status = m_close(m_id);
    m_id = H5I_INVALID_HID;
    return status;
}

std::string takeReason()
{
    const Lock lock;
    std::string reason;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collectMessage, &reason);
    H5Eclear2(H5E_DEFAULT);
    return reason;
}

Error takeError(const std::string& what, const std::string& where)
{
    const std::string reason = takeReason();
    Error error{reason.empty() ? what : what + " (HDF5: " + reason + ")", where, {}};
    // What is damaged fails its checksum before HDF5 looks at the number of a version.
    if (reason.find("version") != std::string::npos)
        error.hint = "it was made in a newer format than HDF5 " + libraryVersion()
            + " here reads; rewrite it with the library that made it: h5repack --low=2 --high=2 OLD NEW";
    return error;
}

Expected<bool> exists(hid_t location, const std::string& path, const std::string& file)
{
    const Lock lock;
    for (std::size_t end = 0; end != std::string::npos;) {
        end = path.find('/', end + 1);
        const auto prefix = path.substr(0, end);
        const auto there = H5Lexists(location, prefix.c_str(), H5P_DEFAULT);
        if (there < 0)
            return failed("the group of '" + prefix + "' cannot be read", file);
        if (there == 0)
            return false;
        H5L_info_t info;
        if (H5Lget_info(location, prefix.c_str(), &info, H5P_DEFAULT) < 0)
            return failed("'" + prefix + "' cannot be read", file);
        if (info.type != H5L_TYPE_HARD)
            return fail("'" + prefix + "' is a link; a trace holds its data itself", file);
    }
    return true;
}

namespace {

/// `kind`: how errors call what is wanted.
Expected<Handle> openObject(
    hid_t location, const std::string& path, const std::string& file, H5I_type_t type, const std::string& kind)
{
    const Lock lock;
    ES_ASSIGN(const bool there, exists(location, path, file));
    if (!there)
        return fail(kind + " '" + path + "' is missing", file);
    Handle object(H5Oopen(location, path.c_str(), H5P_DEFAULT), H5Oclose);
    if (!object)
        return failed(kind + " '" + path + "' cannot be opened", file);
    if (H5Iget_type(object) != type)
        return fail("'" + path + "' is not a " + kind, file);
    return object;
}

}

Expected<Handle> openGroup(hid_t location, const std::string& path, const std::string& file)
{
    return openObject(location, path, file, H5I_GROUP, "group");
}

Expected<Handle> openDataset(hid_t location, const std::string& path, const std::string& file)
{
    ES_ASSIGN(Handle dataset, openObject(location, path, file, H5I_DATASET, "dataset"));
    ES_TRY(checkFilters(dataset, file + ": dataset '" + path + "'"));
    return dataset;
}

Expected<std::vector<hsize_t>> dimensions(hid_t dataset, const std::string& where)
{
    const Lock lock;
    const Handle space(H5Dget_space(dataset), H5Sclose);
    const int rank = space ? H5Sget_simple_extent_ndims(space) : -1;
    if (rank < 0)
        return failed("has no shape", where);
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
    if (rank > 0 && H5Sget_simple_extent_dims(space, dims.data(), nullptr) < 0)
        return failed("has no shape", where);
    return dims;
}

Expected<bool> hasAttribute(hid_t object, const std::string& attribute, const std::string& where)
{
    const Lock lock;
    const auto there = H5Aexists(object, attribute.c_str());
    if (there < 0)
        return failed("is damaged: its attributes cannot be read", where);
    return there > 0;
}

Expected<bool> isText(hid_t object, const std::string& attribute, const std::string& where)
{
    const Lock lock;
    ES_ASSIGN(const auto open, openAttribute(object, attribute, where));
    return H5Tget_class(open.type) == H5T_STRING
        && (H5Sget_simple_extent_type(open.space) == H5S_NULL || H5Sget_simple_extent_npoints(open.space) == 1);
}

Expected<std::string> readText(hid_t object, const std::string& attribute, const std::string& where, std::size_t limit)
{
    const Lock lock;
    const auto place = where + ": attribute '" + attribute + "'";
    ES_ASSIGN(const auto open, openAttribute(object, attribute, where));
    const Handle &a = open.attribute, &type = open.type, &space = open.space;
    if (H5Sget_simple_extent_type(space) == H5S_NULL)
        return std::string();
    if (H5Sget_simple_extent_npoints(space) != 1)
        return fail("is not a single text", place);
    return oneText(type, place, limit, [&](hid_t memory, void* data) { return H5Aread(a, memory, data); });
}

Expected<std::string> readScalarText(hid_t dataset, const std::string& where, std::size_t limit)
{
    const Lock lock;
    const Handle type(H5Dget_type(dataset), H5Tclose);
    const Handle space(H5Dget_space(dataset), H5Sclose);
    if (!type || !space)
        return failed("cannot be opened", where);
    if (H5Sget_simple_extent_npoints(space) != 1)
        return fail("is not a single text", where);
    if (H5Tis_variable_str(type) > 0)
        return fail("is a text of variable length; a fixed one is expected", where);
    return oneText(type, where, limit,
        [&](hid_t memory, void* data) { return H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data); });
}

Expected<std::vector<std::string>> readTexts(
    hid_t dataset, std::uint64_t count, const std::string& where, std::size_t limit)
{
    std::vector<std::string> texts;
    ES_TRY(visitTexts(dataset, count, where, [&](std::string text) { texts.push_back(std::move(text)); }, limit));
    return texts;
}

Expected<void> visitTexts(hid_t dataset, std::uint64_t count, const std::string& where,
    const std::function<void(std::string)>& visit, std::size_t limit)
{
    const Lock lock;
    const Handle type(H5Dget_type(dataset), H5Tclose);
    if (!type)
        return failed("cannot be opened", where);
    if (H5Tget_class(type) != H5T_STRING)
        return fail("is not text", where);
    const bool variable = H5Tis_variable_str(type) > 0;
    if (count > 0 && variable && !hasChecksum(dataset))
        return fail("holds text of variable length without a checksum (filter deflate)", where);
    const auto size = variable ? 16 : H5Tget_size(type);
    if (size == 0 || size > limit)
        return fail(
            "texts of " + std::to_string(size) + " bytes, at most " + std::to_string(limit) + " are allowed", where);
    const Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
    if (!memory || H5Tset_cset(memory, H5Tget_cset(type)) < 0)
        return failed("text type", where);
    // Once: made variable twice, the type is one that HDF5 cannot convert to.
    if (variable ? H5Tset_size(memory, H5T_VARIABLE) < 0
                 : H5Tset_size(memory, size + 1) < 0 || H5Tset_strpad(memory, H5T_STR_NULLTERM) < 0)
        return failed("text type", where);
    // Piece by piece: what a file claims is never allocated before it was read.
    constexpr std::uint64_t kPiece = 4096;
    for (std::uint64_t first = 0; first < count; first += kPiece) {
        const hsize_t start = first, n = std::min(kPiece, count - first);
        const Handle memorySpace(H5Screate_simple(1, &n, nullptr), H5Sclose);
        const Handle fileSpace(H5Dget_space(dataset), H5Sclose);
        if (!memorySpace || !fileSpace
            || H5Sselect_hyperslab(fileSpace, H5S_SELECT_SET, &start, nullptr, &n, nullptr) < 0)
            return failed("cannot be read", where);
        if (variable) {
            std::vector<char*> pointers(n, nullptr);
            if (H5Dread(dataset, memory, memorySpace, fileSpace, H5P_DEFAULT, pointers.data()) < 0)
                return failed("cannot be read", where);
            Expected<void> status;
            for (auto* p : pointers) {
                if (auto text = bounded(p, limit, where))
                    visit(std::move(*text));
                else
                    status = tl::unexpected(text.error());
            }
            H5Dvlen_reclaim(memory, memorySpace, H5P_DEFAULT, pointers.data());
            ES_TRY(status);
        } else {
            std::vector<char> buffer(n * (size + 1), '\0');
            if (H5Dread(dataset, memory, memorySpace, fileSpace, H5P_DEFAULT, buffer.data()) < 0)
                return failed("cannot be read", where);
            for (hsize_t i = 0; i < n; ++i)
                visit(buffer.data() + i * (size + 1));
        }
    }
    return {};
}

Expected<std::int64_t> readInteger(hid_t object, const std::string& attribute, const std::string& where)
{
    const Lock lock;
    const auto place = where + ": attribute '" + attribute + "'";
    ES_ASSIGN(const auto open, openAttribute(object, attribute, where));
    const Handle &a = open.attribute, &type = open.type, &space = open.space;
    const auto kind = H5Tget_class(type);
    // h5py writes a Python bool as an enumeration of FALSE and TRUE.
    if ((kind != H5T_INTEGER && kind != H5T_ENUM) || H5Sget_simple_extent_npoints(space) != 1)
        return fail("is not a single integer", place);
    if (kind == H5T_ENUM) {
        std::uint8_t value = 0;
        if (H5Tget_size(type) != 1 || H5Aread(a, type, &value) < 0)
            return failed("is not a single integer", place);
        return value;
    }
    std::int64_t value = 0;
    if (H5Aread(a, H5T_NATIVE_INT64, &value) < 0)
        return failed("cannot be read", place);
    return value;
}

Expected<std::vector<std::string>> attributeNames(hid_t object, const std::string& where)
{
    const Lock lock;
    std::vector<std::string> names;
    const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
        auto& list = *static_cast<std::vector<std::string>*>(data);
        list.emplace_back(name);
        return list.size() > 1024 ? -1 : 0;
    };
    hsize_t position = 0;
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, visit, &names) < 0)
        return names.size() > 1024 ? tl::unexpected(Error{"more than 1,024 attributes", where, {}})
                                   : failed("attributes cannot be listed", where);
    return names;
}

Expected<std::vector<std::string>> linkNames(hid_t group, const std::string& where)
{
    const Lock lock;
    H5G_info_t info;
    if (H5Gget_info(group, &info) < 0)
        return failed("cannot be listed", where);
    if (info.nlinks > 4096)
        return fail("holds " + std::to_string(info.nlinks) + " objects, at most 4,096 are allowed", where);
    std::vector<std::string> names;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
        const auto length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
        if (length < 0 || length > 4096)
            return failed("a name cannot be read", where);
        std::string name(static_cast<std::size_t>(length) + 1, '\0');
        if (H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT) < 0)
            return failed("a name cannot be read", where);
        name.resize(static_cast<std::size_t>(length));
        names.push_back(std::move(name));
    }
    return names;
}

Handle textType()
{
    const Lock lock;
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

Expected<void> writeText(hid_t object, const std::string& attribute, const std::string& value, const std::string& where)
{
    const Lock lock;
    const auto type = textType();
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle a(H5Acreate2(object, attribute.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    const char* text = value.c_str();
    if (!a || H5Awrite(a, type, &text) < 0)
        return failed("attribute '" + attribute + "' cannot be written", where);
    return {};
}

Expected<void> writeInteger(hid_t object, const std::string& attribute, std::int64_t value, const std::string& where)
{
    const Lock lock;
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle a(H5Acreate2(object, attribute.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!a || H5Awrite(a, H5T_NATIVE_INT64, &value) < 0)
        return failed("attribute '" + attribute + "' cannot be written", where);
    return {};
}

}
