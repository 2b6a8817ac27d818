// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files that lie. Each is a real trace or journal with one thing wrong; each must end in one error that names the file
// and the place, without believing any size it claims.
#include "tests/io/trace/hdf5_mutations.h"
#include "tests/io/trace/trace_fixture.h"
#include "tests/support/test_main.h"

#include "io/trace/journal.h"
#include "io/trace/trace_file.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <fstream>
#include <functional>

using namespace expertscope;
using namespace expertscope::fixture;

#define VERIFY_OK(expression)                                                                                          \
    do {                                                                                                               \
        auto&& verify_ok = (expression);                                                                               \
        QVERIFY2(verify_ok.has_value(), verify_ok ? "" : verify_ok.error().message().c_str());                         \
    } while (false)

namespace {

/// Everything that a reader of a trace does; the first error.
Expected<void> readAll(const std::filesystem::path& path)
{
    ES_TRY(TraceFile::summary(path));
    ES_ASSIGN(const auto trace, TraceFile::open(path));
    BlockBuffer buffer;
    const auto& s = trace->shape();
    for (std::uint16_t m = 0; m < s.sites.size(); ++m) {
        for (std::uint64_t t = 0; t < s.numTokens; t += 3000) {
            const TokenRange range{TokenIndex(t), TokenIndex(std::min<std::uint64_t>(t + 3000, s.numTokens))};
            ES_TRY(trace->read(SiteIndex(m), range, {true, true, true, true, true}, buffer));
        }
    }
    ES_TRY(trace->tokenBytes(1));
    if (trace->summary().columns.loss)
        ES_TRY(trace->loss({TokenIndex(0), TokenIndex(s.numTokens)}));
    return {};
}

/// [T, M, K]; empty: they cannot be read.
std::vector<std::uint16_t> idsOf(const std::filesystem::path& path)
{
    const auto trace = TraceFile::open(path);
    if (!trace)
        return {};
    const auto& shape = (*trace)->shape();
    const std::size_t M = shape.sites.size(), K = shape.numSlots;
    std::vector<std::uint16_t> ids(shape.numTokens * M * K);
    BlockBuffer buffer;
    for (std::size_t m = 0; m < M; ++m) {
        const auto block =
            (*trace)->read(SiteIndex(std::uint16_t(m)), {TokenIndex(0), TokenIndex(shape.numTokens)}, {}, buffer);
        if (!block)
            return {};
        for (std::size_t t = 0; t < shape.numTokens; ++t)
            std::copy_n(block->expertIds.begin() + long(t * K), K, ids.begin() + long((t * M + m) * K));
    }
    return ids;
}

struct HostileCase
{
    const char* name;
    const char* expected; ///< part of the message
    Mutation mutate;
};

std::uint32_t crc(const std::string& bytes)
{
    std::uint32_t c = ~0u;
    for (const char byte : bytes) {
        c ^= static_cast<unsigned char>(byte);
        for (int i = 0; i < 8; ++i)
            c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    }
    return ~c;
}

template <class T> std::string raw(T value)
{
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A record whose checksum is right, whatever it says.
std::string record(std::uint32_t type, const std::string& payload)
{
    const auto length = raw(std::uint64_t(payload.size()));
    return raw(type) + raw(crc(raw(type) + length + payload)) + length + payload;
}

std::string chunkRecord(
    std::uint16_t column, std::uint16_t site, std::uint32_t tokens, std::uint64_t chunk, std::size_t bytes = 10)
{
    return record(2, raw(column) + raw(site) + raw(tokens) + raw(chunk) + std::string(bytes, 'x'));
}

}

class TestTraceHostile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    Reference m_reference = make({.tokens = 5000, .sites = {{16, 4}, {8, 2}}, .logits = true, .loss = true});
    std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }

    void copyGood() const
    {
        std::filesystem::copy_file(path("good.h5"), path("bad.h5"), std::filesystem::copy_options::overwrite_existing);
    }

    void mutate(const Mutation& change) const
    {
        copyGood();
        const auto f = H5Fopen(path("bad.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        QVERIFY(f >= 0);
        change(f);
        QVERIFY(H5Fclose(f) >= 0);
    }

    static std::vector<HostileCase> cases()
    {
        const auto i64 = [](hsize_t n, std::int64_t v) { return std::vector<std::int64_t>(n, v); };
        return {
            {"no format", "not a trace", [](hid_t f) { H5Adelete(f, "format"); }},
            {"other format", "of format 'anndata'", [](hid_t f) { textAttribute(f, "/", "format", "anndata"); }},
            {"format is a number", "is not text", [](hid_t f) { integerAttribute(f, "/", "format", 5); }},
            {"endless format", "more than", [](hid_t f) { textAttribute(f, "/", "format", std::string(100000, 'x')); }},
            {"newer format", "2.0.0", [](hid_t f) { textAttribute(f, "/", "format_version", "2.0.0"); }},
            {"version is no version", "not MAJOR.MINOR.PATCH",
                [](hid_t f) { textAttribute(f, "/", "format_version", "one"); }},
            {"no version", "format_version", [](hid_t f) { H5Adelete(f, "format_version"); }},
            {"complete is missing", "'complete'", [](hid_t f) { H5Adelete(f, "complete"); }},
            {"complete is 7", "'complete'", [](hid_t f) { integerAttribute(f, "/", "complete", 7); }},
            {"complete is text", "'complete'", [](hid_t f) { textAttribute(f, "/", "complete", "yes"); }},
            {"no model", "'model/layers/num_experts' is missing", [](hid_t f) { remove(f, "model"); }},
            {"hidden size below zero", "'hidden_size'",
                [](hid_t f) { integerAttribute(f, "model", "hidden_size", -4); }},
            {"no routing", "'routing", [](hid_t f) { remove(f, "routing"); }},
            {"no ids", "'routing/expert_id' is missing", [](hid_t f) { remove(f, "routing/expert_id"); }},
            {"no top_k", "'model/layers/top_k' is missing", [](hid_t f) { remove(f, "model/layers/top_k"); }},
            {"group for a dataset", "is not a dataset",
                [](hid_t f) {
                    remove(f, "model/layers/top_k");
                    H5Gclose(H5Gcreate2(f, "model/layers/top_k", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
                }},
            {"dataset for a group", "",
                [=](hid_t f) {
                    remove(f, "sequences/labels");
                    replace(f, "sequences/labels", {2}, i64(2, 0));
                }},
            {"experts are floats", "does not hold integers",
                [](hid_t f) {
                    replace(f, "model/layers/num_experts", {2}, std::vector<float>{16, 8});
                }},
            {"no expert", "0 experts", [](hid_t f) { poke(f, "model/layers/num_experts", {1}, 0); }},
            {"65,535 experts", "65535", [](hid_t f) { poke(f, "model/layers/num_experts", {1}, 65535); }},
            {"more slots than experts", "9 experts a token of 8",
                [](hid_t f) { poke(f, "model/layers/top_k", {1}, 9); }},
            {"unknown score", "score function 9", [](hid_t f) { poke(f, "model/layers/score", {0}, 9); }},
            {"unknown kind", "unknown kind", [](hid_t f) { poke(f, "model/layers/block", {0}, 200); }},
            {"unknown renormalisation", "unknown renorm", [](hid_t f) { poke(f, "model/layers/renorm", {0}, 77); }},
            {"scaling is NaN", "scaling", [](hid_t f) { poke(f, "model/layers/scaling", {0}, std::nan("")); }},
            {"a billion sites", "'model/layers/num_experts'",
                [](hid_t f) { claim(f, "model/layers/num_experts", H5T_STD_U16LE, {1000000000}, {65536}); }},
            {"20,000 sites", "20000 sites",
                [=](hid_t f) { replace(f, "model/layers/num_experts", {20000}, i64(20000, 8)); }},
            {"sites of two lengths", "shape [3], not [2]",
                [=](hid_t f) { replace(f, "model/layers/num_shared", {3}, i64(3, 0)); }},
            {"ids without slots", "'routing/expert_id'",
                [=](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 2}, i64(10000, 0));
                }},
            {"ids of three sites", "'routing/expert_id'",
                [=](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 3, 4}, i64(60000, 0));
                }},
            {"ids with too few slots", "'routing/expert_id'",
                [=](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 2, 3}, i64(30000, 0));
                }},
            {"ids are floats", "does not hold integers",
                [](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 2, 4}, std::vector<float>(40000));
                }},
            {"2^50 tokens", "",
                [](hid_t f) {
                    extend(f, "routing/expert_id", {1ull << 50, 2, 4});
                }},
            {"2^50 tokens, one sequence", "",
                [=](hid_t f) {
                    extend(f, "routing/expert_id", {1ull << 50, 2, 4});
                    replace(f, "sequences/offset", {1}, i64(1, 0));
                    replace(f, "sequences/length", {1}, i64(1, 1ll << 50));
                }},
            {"fewer tokens than sequences say", "",
                [](hid_t f) {
                    extend(f, "routing/expert_id", {4000, 2, 4});
                }},
            {"a billion sequences", "",
                [](hid_t f) { claim(f, "sequences/offset", H5T_STD_U64LE, {1000000000}, {65536}); }},
            {"sequence begins before the last ends", "sequence 2: begins",
                [](hid_t f) { poke(f, "sequences/offset", {2}, 1); }},
            {"first sequence begins late", "sequence 0: begins", [](hid_t f) { poke(f, "sequences/offset", {0}, 1); }},
            {"sequence is longer than the trace", "sequence 1", [](hid_t f) { poke(f, "sequences/length", {1}, 4e9); }},
            {"sequences end early", "", [](hid_t f) { poke(f, "sequences/length", {0}, 1); }},
            {"prompt longer than its sequence", "prompt of",
                [](hid_t f) { poke(f, "sequences/prompt_length", {3}, 4000); }},
            {"lengths missing", "sequences/length", [](hid_t f) { remove(f, "sequences/length"); }},
            {"too few names", "'sequences/name'",
                [](hid_t f) {
                    remove(f, "sequences/name");
                    const auto type = H5Tcopy(H5T_C_S1);
                    H5Tset_size(type, H5T_VARIABLE);
                    const Space space({2});
                    H5Dclose(H5Dcreate2(f, "sequences/name", type, space.id, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
                    H5Tclose(type);
                }},
            {"names without a checksum", "without a checksum",
                [](hid_t f) {
                    const auto d = H5Dopen2(f, "sequences/name", H5P_DEFAULT);
                    const auto type = H5Dget_type(d), space = H5Dget_space(d);
                    remove(f, "sequences/name");
                    H5Dclose(H5Dcreate2(f, "sequences/name", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
                    H5Dclose(d);
                    H5Tclose(type);
                    H5Sclose(space);
                }},
            {"names are numbers", "is not text",
                [=](hid_t f) {
                    const auto d = H5Dopen2(f, "sequences/offset", H5P_DEFAULT);
                    const auto s = H5Dget_space(d);
                    const auto n = hsize_t(H5Sget_simple_extent_npoints(s));
                    H5Sclose(s);
                    H5Dclose(d);
                    replace(f, "sequences/name", {n}, i64(n, 1));
                }},
            {"label code without a value", "code 99 of sequence 1",
                [](hid_t f) { poke(f, "sequences/labels/language/codes", {1}, 99); }},
            {"label code below -1", "code -2", [](hid_t f) { poke(f, "sequences/labels/language/codes", {1}, -2); }},
            {"label without values", "values", [](hid_t f) { remove(f, "sequences/labels/language/values"); }},
            {"two labels of one name", "two labels",
                [](hid_t f) { textAttribute(f, "sequences/labels/language", "name", "topic/sub"); }},
            {"expert that is not there", "expert 8 of token 4500 at site 1",
                [](hid_t f) {
                    poke(f, "routing/expert_id", {4500, 1, 0}, 8);
                }},
            {"expert 65,534", "expert 65534 of token 10 at site 0",
                [](hid_t f) {
                    poke(f, "routing/expert_id", {10, 0, 3}, 65534);
                }},
            {"weights of another shape", "'routing/expert_weight'",
                [](hid_t f) {
                    replace(f, "routing/expert_weight", {5000, 2, 3}, std::vector<float>(30000));
                }},
            {"weights are integers", "floating-point",
                [=](hid_t f) {
                    replace(f, "routing/expert_weight", {5000, 2, 4}, i64(40000, 1));
                }},
            {"entropy of fewer tokens", "'routing/entropy'",
                [](hid_t f) {
                    extend(f, "routing/entropy", {4999, 2});
                }},
            {"logits of fewer experts", "'routing/router_logits'",
                [](hid_t f) {
                    replace(f, "routing/router_logits", {5000, 2, 8}, std::vector<float>(80000));
                }},
            {"predictions of fewer tokens", "'tokens/predicted_id'",
                [](hid_t f) { extend(f, "tokens/predicted_id", {17}); }},
            {"loss of fewer tokens", "'tokens/loss'", [](hid_t f) { extend(f, "tokens/loss", {17}); }},
            {"token ids of fewer tokens", "'tokens/token_id'", [](hid_t f) { extend(f, "tokens/token_id", {17}); }},
            {"token id -7", "id -7 of token 100", [](hid_t f) { poke(f, "tokens/token_id", {100}, -7); }},
            {"chunk is noise", "'routing/expert_id': chunk at row 0, site 0: chunk is damaged",
                [](hid_t f) { writeChunk(f, "routing/expert_id", std::vector<unsigned char>(500, 0xa5)); }},
            {"chunk is empty", "chunk at row 0",
                [](hid_t f) {
                    writeChunk(f, "routing/expert_id", {0x78, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01});
                }},
            {"chunk larger than it can be", "claims",
                [](hid_t f) { writeChunk(f, "routing/expert_id", std::vector<unsigned char>(200000, 1)); }},
            {"chunk without filters, too short", "chunk of 10 bytes",
                [](hid_t f) { writeChunk(f, "routing/expert_id", std::vector<unsigned char>(10, 0), 3); }},
            {"ids were never written", "'routing/expert_id': chunk at row 0, site 0: is missing",
                [](hid_t f) { claim(f, "routing/expert_id", H5T_STD_U16LE, {5000, 2, 4}, {4096, 1, 4}); }},
            {"weights in other chunks were never written", "'routing/expert_weight': chunk at [0, 0, 0]: is missing",
                [](hid_t f) { claim(f, "routing/expert_weight", H5T_IEEE_F32LE, {5000, 2, 4}, {1000, 2, 4}); }},
            {"entropy was never written", "'routing/entropy': was never written",
                [](hid_t f) { replace(f, "routing/entropy", {5000, 2}, std::vector<float>{}, H5T_IEEE_F32LE); }},
            {"loss of a complete trace was never written", "'tokens/loss': chunk at row 0: is missing",
                [](hid_t f) { claim(f, "tokens/loss", H5T_IEEE_F32LE, {5000}, {4096}); }},
            {"sequences were never written", "'sequences/length': was never written",
                [](hid_t f) {
                    const auto d = H5Dopen2(f, "sequences/length", H5P_DEFAULT);
                    const auto s = H5Dget_space(d);
                    const auto n = hsize_t(H5Sget_simple_extent_npoints(s));
                    H5Sclose(s);
                    H5Dclose(d);
                    replace(f, "sequences/length", {n}, std::vector<std::int64_t>{});
                }},
            {"huge chunks", "more than 256 MiB",
                [](hid_t f) {
                    claim(f, "routing/expert_id", H5T_STD_U16LE, {5000, 2, 4}, {100000000, 2, 4});
                }},
            {"link into another file", "is a link",
                [](hid_t f) {
                    remove(f, "routing/expert_id");
                    H5Lcreate_external("/etc/passwd", "x", f, "routing/expert_id", H5P_DEFAULT, H5P_DEFAULT);
                }},
            {"group in another file", "is a link",
                [](hid_t f) {
                    remove(f, "routing");
                    H5Lcreate_external("good.h5", "routing", f, "routing", H5P_DEFAULT, H5P_DEFAULT);
                }},
            {"soft link in a circle", "is a link",
                [](hid_t f) {
                    remove(f, "routing/entropy");
                    H5Lcreate_soft("/routing/entropy", f, "routing/entropy", H5P_DEFAULT, H5P_DEFAULT);
                }},
            {"data in another file", "in other files",
                [](hid_t f) {
                    const auto plist = H5Pcreate(H5P_DATASET_CREATE);
                    H5Pset_external(plist, "/etc/passwd", 0, 160000);
                    replace(f, "routing/entropy", {5000, 2}, std::vector<float>{}, H5T_IEEE_F32LE, plist);
                    H5Pclose(plist);
                }},
            {"virtual dataset", "in other files",
                [](hid_t f) {
                    const auto plist = H5Pcreate(H5P_DATASET_CREATE);
                    const Space space({5000, 2});
                    H5Pset_virtual(plist, space.id, "good.h5", "routing/entropy", space.id);
                    replace(f, "routing/entropy", {5000, 2}, std::vector<float>{}, H5T_IEEE_F32LE, plist);
                    H5Pclose(plist);
                }},
            {"vocabulary offsets go back", "offset 5", [](hid_t f) { poke(f, "vocab/piece_offsets", {5}, 0); }},
            {"vocabulary offset beyond its bytes", "offset 50",
                [](hid_t f) { poke(f, "vocab/piece_offsets", {50}, 1e9); }},
            {"vocabulary ids go back", "entry 9", [](hid_t f) { poke(f, "vocab/id", {9}, 0); }},
            {"vocabulary without offsets", "vocab/piece_offsets", [](hid_t f) { remove(f, "vocab/piece_offsets"); }},
        };
    }

private slots:
    void initTestCase()
    {
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        auto writer = TraceWriter::create(path("good.h5"), m_reference.plan);
        VERIFY_OK(writer);
        VERIFY_OK(feedTokenMajor(**writer, m_reference, 1000));
        VERIFY_OK((*writer)->finish(true));
        VERIFY_OK(readAll(path("good.h5")));
    }

    void malformedTrace_data()
    {
        QTest::addColumn<int>("index");
        int index = 0;
        for (const auto& c : cases())
            QTest::addRow("%s", c.name) << index++;
    }

    void malformedTrace()
    {
        QFETCH(int, index);
        const auto c = cases()[std::size_t(index)];
        mutate(c.mutate);
        const auto status = readAll(path("bad.h5"));
        QVERIFY2(!status, "was read as if nothing was wrong");
        const auto message = status.error().message();
        QVERIFY2(message.find(c.expected) != std::string::npos, message.c_str());
        QVERIFY2(message.find("bad.h5") != std::string::npos, message.c_str());
    }

    void brokenFiles()
    {
        const auto bad = path("bad.h5");
        const auto put = [&](const std::string& bytes) {
            std::ofstream(bad, std::ios::binary | std::ios::trunc) << bytes;
        };
        std::ifstream in(path("good.h5"), std::ios::binary);
        const std::string good{std::istreambuf_iterator<char>(in), {}};
        put("");
        QVERIFY(!readAll(bad));
        put("PK\3\4 this is something else");
        QVERIFY(!readAll(bad));
        put(std::string(10 << 20, '\0'));
        QVERIFY(!readAll(bad));
        for (const double part : {0.01, 0.1, 0.5, 0.9, 0.999}) {
            put(good.substr(0, std::size_t(double(good.size()) * part)));
            QVERIFY(!readAll(bad));
        }
        put(good);
        VERIFY_OK(readAll(bad));
        // HDF5's format of before 1.10 has no checksums: refused by name.
        H5Fclose(H5Fcreate(path("old.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        QVERIFY(readAll(path("old.h5")).error().message().find("before 1.10") != std::string::npos);
        QVERIFY(!readAll(m_folder.path().toStdString()));
        QVERIFY(!readAll("/dev/null"));
        QVERIFY(!readAll(path("nowhere.h5")));
    }

    void lossOfACaptureThatWasStoppedMayLag()
    {
        mutate([](hid_t f) {
            integerAttribute(f, "/", "complete", 0);
            claim(f, "tokens/loss", H5T_IEEE_F32LE, {5000}, {4096});
        });
        VERIFY_OK(readAll(path("bad.h5")));
    }

    void aDamagedIndexOfChunksIsNeverAGap()
    {
        // A trace of many chunks, so that each kind of index is there; one bit in each block of one.
        const auto many = make({.tokens = 9000, .sites = {{16, 4}, {8, 2}, {8, 1}}, .loss = true});
        {
            auto writer = TraceWriter::create(path("many.h5"), many.plan);
            VERIFY_OK(writer);
            VERIFY_OK(feedTokenMajor(**writer, many, 1000));
            VERIFY_OK((*writer)->finish(true));
        }
        std::ifstream in(path("many.h5"), std::ios::binary);
        const std::string good{std::istreambuf_iterator<char>(in), {}};
        int blocks = 0, refused = 0;
        for (const char* signature : {"EAHD", "EAIB", "EASB", "EADB", "FAHD", "FADB", "BTHD", "BTIN", "BTLF"}) {
            for (auto at = good.find(signature); at != std::string::npos; at = good.find(signature, at + 1)) {
                ++blocks;
                for (const std::size_t offset : {6, 30}) {
                    auto damaged = good;
                    damaged.at(at + offset) = char(damaged[at + offset] ^ 1);
                    std::ofstream(path("bad.h5"), std::ios::binary | std::ios::trunc) << damaged;
                    const auto status = readAll(path("bad.h5"));
                    if (status) {
                        // Of a table that the reader has no need of: then everything else is as it was.
                        QCOMPARE(idsOf(path("bad.h5")), many.ids);
                        continue;
                    }
                    ++refused;
                    QVERIFY2(status.error().where.find("bad.h5") != std::string::npos, status.error().message().c_str());
                }
            }
        }
        QVERIFY2(blocks >= 8, std::to_string(blocks).c_str());
        QVERIFY2(refused >= 8, std::to_string(refused).c_str());
    }

    void aDamagedRootSaysSo()
    {
        std::ifstream in(path("good.h5"), std::ios::binary);
        const std::string good{std::istreambuf_iterator<char>(in), {}};
        std::uint64_t root = 0;
        std::memcpy(&root, good.data() + 36, sizeof root); // superblock of version 2 and 3
        QCOMPARE(good.substr(root, 4), std::string("OHDR"));
        auto damaged = good;
        damaged[root + 20] = char(damaged[root + 20] ^ 1);
        std::ofstream(path("bad.h5"), std::ios::binary | std::ios::trunc) << damaged;
        const auto message = readAll(path("bad.h5")).error().message();
        QVERIFY2(message.find("damaged") != std::string::npos && message.find("not a trace") == std::string::npos,
            message.c_str());
    }

    void everyDamagedByteIsSurvived()
    {
        // Flips in the metadata (the first 16 KiB hold most of it, the heaps of text among it): an error or the truth.
        std::ifstream in(path("good.h5"), std::ios::binary);
        const std::string good{std::istreambuf_iterator<char>(in), {}};
        const auto heap = good.find("GCOL");
        QVERIFY(heap != std::string::npos);
        std::mt19937 random(12);
        int refused = 0;
        for (int i = 0; i < 400; ++i) {
            auto damaged = good;
            const auto at = i % 2 == 0 ? heap + random() % 512 : random() % std::min<std::size_t>(good.size(), 16384);
            damaged[at] = char(damaged[at] ^ (1 << random() % 8));
            std::ofstream(path("bad.h5"), std::ios::binary | std::ios::trunc) << damaged;
            refused += !readAll(path("bad.h5"));
        }
        QVERIFY(refused > 100);
    }

    void malformedJournal_data()
    {
        QTest::addColumn<QByteArray>("tail");
        QTest::addColumn<QByteArray>("expected");
        const auto add = [](const char* name, const std::string& tail, const char* expected) {
            QTest::addRow("%s", name) << QByteArray::fromStdString(tail) << QByteArray(expected);
        };
        const auto text = [](const std::string& t) { return raw(std::uint32_t(t.size())) + t; };
        // The plan record of a small capture, to be spoiled: identity, one site, columns, one sequence, the rest.
        const auto plan = [&](std::uint16_t experts, std::uint16_t topK, std::uint32_t sequences, std::uint32_t tokens,
                              bool whole = true) {
            std::string p = text("id") + text("now") + raw(1u) + raw(std::uint16_t(3)) + '\0' + raw(experts) + raw(topK)
                + raw(std::uint16_t(0)) + '\0' + '\0' + raw(1.0f);
            p += '\0' + raw(sequences);
            if (sequences > 0)
                p += text("name") + text("") + raw(0u) + raw(0u) + raw(tokens)
                    + std::string(whole ? tokens * 4 : 0, '\0');
            p += raw(0u) + text("m") + text("t") + text("a") + raw(1u) + raw(1u) + text("{}") + raw(0u);
            return p;
        };
        const auto good = record(1, plan(8, 2, 1, 100));
        add("chunk before the plan", chunkRecord(0, 0, 100, 0), "chunk before the plan");
        add("unknown record", good + record(99, "x"), "unknown type 99");
        add("second plan", good + good, "second plan");
        add("plan is noise", record(1, std::string(300, '\xee')), "damaged");
        add("empty plan", record(1, ""), "damaged");
        add("plan goes on", record(1, plan(8, 2, 1, 100) + "more"), "damaged");
        add("plan of a site without experts", record(1, plan(0, 0, 1, 100)), "0 experts");
        add("plan with k above E", record(1, plan(8, 9, 1, 100)), "9 experts a token of 8");
        add("plan without sequences", record(1, plan(8, 2, 0, 0)), "no token");
        add("plan of four billion sequences", record(1, plan(8, 2, 0xffffffffu, 5)), "damaged");
        add("plan of four billion tokens", record(1, plan(8, 2, 1, 0xffffffffu, false)), "damaged");
        add("chunk of an unknown column", good + chunkRecord(77, 0, 100, 0), "unknown column 77");
        add("chunk of a column not planned", good + chunkRecord(1, 0, 100, 0), "unknown column 1");
        add("chunk of site 5", good + chunkRecord(0, 5, 100, 0), "site 5");
        add("chunk 1 of 1", good + chunkRecord(0, 0, 100, 1), "chunk 1, the plan has 1");
        add("chunk without tokens", good + chunkRecord(0, 0, 0, 0), "chunk of 0 tokens");
        add("chunk of too many tokens", good + chunkRecord(0, 0, 101, 0), "at most 100");
        add("chunk without bytes", good + chunkRecord(0, 0, 100, 0, 0), "chunk of 0 bytes");
        add("chunk of too many bytes", good + chunkRecord(0, 0, 100, 0, 100000), "larger than it could be");
        add("chunk record too short", good + record(2, raw(std::uint16_t(0))), "unknown column");
    }

    void malformedJournal()
    {
        QFETCH(QByteArray, tail);
        QFETCH(QByteArray, expected);
        const auto target = path("journal.h5");
        std::string bytes = "ESJOURN\n" + raw(1u) + raw(0u) + tail.toStdString();
        std::ofstream(journalPath(target), std::ios::binary | std::ios::trunc) << bytes;
        for (int i = 0; i < 2; ++i) {
            const auto error =
                i == 0 ? repairTrace(target).error() : TraceWriter::resume(target, m_reference.plan).error();
            QVERIFY2(error.message().find(expected.toStdString()) != std::string::npos, error.message().c_str());
            QVERIFY2(error.where.find("journal.h5.part: ") != std::string::npos, error.message().c_str());
        }
        QCOMPARE(std::filesystem::file_size(journalPath(target)), std::uintmax_t(bytes.size())); // untouched
        QVERIFY(!std::filesystem::exists(target));
    }

    void noiseInAJournalsChunkIsFoundWhenItIsRead()
    {
        const auto target = path("noise.h5");
        {
            auto writer = TraceWriter::create(target, m_reference.plan);
            VERIFY_OK(feedTokenMajor(**writer, m_reference, 1000));
        }
        // Right checksum, right size, wrong content: only inflating tells.
        std::ofstream(journalPath(target), std::ios::binary | std::ios::app) << chunkRecord(0, 0, 4096, 0, 500);
        VERIFY_OK(repairTrace(target));
        const auto status = readAll(target);
        QVERIFY(!status && status.error().message().find("chunk is damaged") != std::string::npos);
    }

    void whatOthersWroteIsRead()
    {
        const auto& r = m_reference;
        std::vector<std::int64_t> ids;
        for (const auto id : r.ids)
            ids.push_back(id == kNoExpert ? -1 : id);
        const std::vector<double> weights(r.weights.begin(), r.weights.end());
        const auto filtered = H5Pcreate(H5P_DATASET_CREATE), plain = H5Pcreate(H5P_DATASET_CREATE),
                   swapped = H5Pcreate(H5P_DATASET_CREATE);
        const hsize_t chunk[3] = {1000, 2, 4}, ours[3] = {512, 1, 4};
        H5Pset_chunk(filtered, 3, chunk);
        H5Pset_fletcher32(filtered);
        H5Pset_deflate(filtered, 6);
        H5Pset_chunk(swapped, 3, ours);
        H5Pset_deflate(swapped, 9);
        const std::pair<const char*, Mutation> variants[] = {
            {"contiguous i32",
                [&](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 2, 4}, ids, H5T_STD_I32LE);
                }},
            {"other chunks and filters",
                [&](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 2, 4}, ids, H5T_STD_I16LE, filtered);
                }},
            {"big-endian i64, deflate only",
                [&](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 2, 4}, ids, H5T_STD_I64BE, swapped);
                }},
            {"bytes",
                [&](hid_t f) {
                    replace(f, "routing/expert_id", {5000, 2, 4}, ids, H5T_STD_I8LE, swapped);
                }},
            {"more of everything, unknown to us",
                [](hid_t f) {
                    textAttribute(f, "/", "format_version", "1.9.3");
                    replace(f, "routing/new_column", {5000}, std::vector<float>(5000));
                    replace(f, "sequences/text", {2}, std::vector<float>(2));
                    integerAttribute(f, "provenance", "a_number", 3);
                }},
        };
        for (const auto& [name, change] : variants) {
            mutate(change);
            VERIFY_OK(readAll(path("bad.h5")));
            auto trace = TraceFile::open(path("bad.h5"));
            VERIFY_OK(trace);
            BlockBuffer buffer;
            for (std::uint16_t m = 0; m < 2; ++m) {
                const auto block = (*trace)->read(SiteIndex(m), {TokenIndex(7), TokenIndex(4999)}, {}, buffer);
                VERIFY_OK(block);
                for (std::size_t t = 7; t < 4999; ++t) {
                    for (std::size_t k = 0; k < 4; ++k)
                        QVERIFY2(block->expertIds[(t - 7) * 4 + k] == r.ids[(t * 2 + m) * 4 + k], name);
                }
            }
        }
        for (const auto type : {H5T_IEEE_F64LE, H5T_IEEE_F32BE}) {
            for (const auto plist : {plain, filtered, swapped}) {
                mutate([&](hid_t f) { replace(f, "routing/expert_weight", {5000, 2, 4}, weights, type, plist); });
                auto trace = TraceFile::open(path("bad.h5"));
                VERIFY_OK(trace);
                BlockBuffer buffer;
                const auto block =
                    (*trace)->read(SiteIndex(1), {TokenIndex(100), TokenIndex(4000)}, {.weights = true}, buffer);
                VERIFY_OK(block);
                for (std::size_t i = 0; i < block->weights.size(); ++i)
                    QVERIFY(same(block->weights[i], r.weights[(100 + i / 4) * 8 + 4 + i % 4]));
            }
        }
        for (const auto plist : {filtered, plain, swapped})
            H5Pclose(plist);
    }

    /// As h5py's LZF, and others that the library has as plug-ins only: written where the filter is, read where it is not.
    void filtersThatAreNotHereAreNamed()
    {
        const std::vector<std::int64_t> ids(5000 * 2 * 4, 1);
        for (const auto& [filter, name, hint] : {std::tuple(32000, "LZF (32000)", "only h5py has LZF built in"),
                 {32001, "blosc (32001)", "h5repack -f GZIP=4 OLD NEW"}, {40000, "(40000)", "h5repack -f GZIP=4 OLD NEW"}}) {
            const H5Z_class2_t nothing{H5Z_CLASS_T_VERS, filter, 1, 1, "", nullptr, nullptr,
                [](unsigned, std::size_t, const unsigned*, std::size_t bytes, std::size_t*, void**) { return bytes; }};
            QVERIFY(H5Zregister(&nothing) >= 0);
            const hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
            const hsize_t chunk[3] = {1000, 2, 4};
            H5Pset_chunk(plist, 3, chunk);
            QVERIFY(H5Pset_filter(plist, filter, H5Z_FLAG_MANDATORY, 0, nullptr) >= 0);
            mutate([&](hid_t f) { replace(f, "routing/expert_id", {5000, 2, 4}, ids, H5T_STD_I16LE, plist); });
            H5Pclose(plist);
            QVERIFY(H5Zunregister(filter) >= 0);
            auto trace = TraceFile::open(path("bad.h5"));
            Error error;
            if (trace) {
                BlockBuffer buffer;
                const auto block = (*trace)->read(SiteIndex(0), {TokenIndex(0), TokenIndex(10)}, {}, buffer);
                QVERIFY(!block);
                error = block.error();
            } else {
                error = trace.error();
            }
            for (const char* text : {"routing/expert_id", "is packed with the filter ", name, hint})
                QVERIFY2(error.message().find(text) != std::string::npos, error.message().c_str());
        }
    }

    void theCommandsSayItInOneLine()
    {
        const auto program = QStringLiteral(EXPERTSCOPE_BIN_DIR "/expertscope");
        if (!QFile::exists(program))
            QSKIP("expertscope is not built");
        const auto run = [&](const QStringList& arguments) {
            QProcess process;
            process.start(program, arguments);
            process.waitForFinished(30000);
            return std::tuple(process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError()));
        };
        mutate([](hid_t f) { remove(f, "routing/expert_id"); });
        for (const char* command : {"info", "repair"}) {
            const auto [status, out, err] = run({command, QString::fromStdString(path("bad.h5").string())});
            QCOMPARE(status, 1);
            QCOMPARE(out, QString());
            QCOMPARE(err.count('\n'), 1);
            QVERIFY(err.contains("bad.h5") && err.contains("routing/expert_id"));
            QCOMPARE(std::get<0>(run({command})), 2);
            QCOMPARE(std::get<0>(run({command, "a", "b"})), 2);
        }
        const auto good = QString::fromStdString(path("good.h5").string());
        const auto [status, out, err] = run({"info", good});
        QCOMPARE(status, 0);
        QVERIFY(out.contains("5,000") && out.contains("complete") && out.contains("olmoe")
            && out.contains("language, topic/sub"));
        const auto [jsonStatus, json, jsonErr] = run({"info", good, "--json"});
        QCOMPARE(jsonStatus, 0);
        QVERIFY(json.contains("\"tokens\": 5000"));
        QVERIFY(std::get<1>(run({"repair", good})).contains("nothing to repair"));
    }
};

EXPERTSCOPE_TEST(TestTraceHostile)
#include "tst_trace_hostile.moc"
