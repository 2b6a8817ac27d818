// SPDX-License-Identifier: GPL-3.0-or-later
//
// What `info --check` finds: each case is a good trace with one thing changed so that it contradicts itself, though it
// opens; good traces of all kinds have nothing.
#include "tests/io/trace/hdf5_mutations.h"
#include "tests/io/trace/trace_fixture.h"
#include "tests/support/test_main.h"

#include "io/trace/trace_check.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace expertscope;
using namespace expertscope::fixture;

namespace {

struct Case
{
    const char* name;
    const char* where;
    const char* what; ///< how it begins
    std::uint64_t count;
    const char* first; ///< part of the first place
    Mutation mutate;
};

}

class TestTraceCheck : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    // Sites of 16 and 8 experts, 4 and 2 slots; sequences of up to 300 tokens.
    Reference m_reference = make({.tokens = 5000, .sites = {{16, 4}, {8, 2}}, .logits = true, .loss = true});
    std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }

    std::vector<Case> cases() const
    {
        const auto ids = [&](std::size_t token, std::size_t site, std::size_t slot) {
            return double(m_reference.ids[(token * 2 + site) * 4 + slot]);
        };
        const auto second = double(m_reference.plan.sequences[0].tokenIds.size()); // where sequence 1 begins
        // Tokens that chose at both sites: not those that were dropped.
        std::size_t token = 100;
        while (m_reference.ids[token * 8] == kNoExpert || m_reference.ids[token * 8 + 4] == kNoExpert)
            ++token;
        static std::string place;
        place = "token " + std::to_string(token) + ", site ";
        static std::string first, firstTwo;
        first = place + "0";
        firstTwo = place + "1";
        return {
            {"twice", "routing/expert_id", "the same expert twice", 1, first.c_str(),
                [=](hid_t f) { poke(f, "routing/expert_id", {token, 0, 3}, ids(token, 0, 1)); }},
            {"gap", "routing/expert_id", "an empty slot before a full one", 3, first.c_str(),
                [=](hid_t f) { poke(f, "routing/expert_id", {token, 0, 0}, 65535); }},
            {"beyond k", "routing/expert_id", "an expert in a slot at or beyond top_k", 1, firstTwo.c_str(),
                [=](hid_t f) { poke(f, "routing/expert_id", {token, 1, 3}, 0); }},
            {"no such expert", "routing/expert_id", "an expert that the site does not have", 1, "expert 8 of 8",
                [=](hid_t f) { poke(f, "routing/expert_id", {token, 1, 0}, 8); }},
            {"weight without an expert", "routing/expert_weight", "a weight where no expert is", 1, firstTwo.c_str(),
                [=](hid_t f) { poke(f, "routing/expert_weight", {token, 1, 2}, 0.5); }},
            {"infinite weight", "routing/expert_weight", "is infinite", 1, first.c_str(),
                [=](hid_t f) { poke(f, "routing/expert_weight", {token, 0, 0}, INFINITY); }},
            {"some weights", "routing/expert_weight", "weights of some experts", 1, first.c_str(),
                [=](hid_t f) { poke(f, "routing/expert_weight", {token, 0, 2}, NAN); }},
            {"entropy", "routing/entropy", "is not between 0 and log E", 1, firstTwo.c_str(),
                [=](hid_t f) { poke(f, "routing/entropy", {token, 1}, 2.2); }}, // log 8 = 2.08
            {"logits", "routing/router_logits", "logits of experts that the site does not have", 1, "expert 11",
                [=](hid_t f) { poke(f, "routing/router_logits", {token, 1, 11}, 0.1); }},
            {"noise", "routing/margin", "a chunk cannot be read", 1, "row 0, site 0: chunk is damaged",
                [](hid_t f) { writeChunk(f, "routing/margin", std::vector<unsigned char>(500, 0xa5)); }},
            {"missing", "routing/margin", "a chunk cannot be read", 4, "row 0, site 0: is missing",
                [](hid_t f) { claim(f, "routing/margin", H5T_IEEE_F32LE, {5000, 2}, {4096, 1}); }},
            {"shape", "routing/margin", "has shape [5000, 3], not [5000, 2]", 1, "",
                [](hid_t f) { replace(f, "routing/margin", {5000, 3}, std::vector<float>(15000)); }},
            {"planned", "complete", "says that every planned token is there", 1, "6000 planned, 5000 there",
                [](hid_t f) { integerAttribute(f, "/", "planned_tokens", 6000); }},
            {"fewer planned", "planned_tokens", "is less than", 1, "4000 planned, 5000 there",
                [](hid_t f) { integerAttribute(f, "/", "planned_tokens", 4000); }},
            {"places of copies", "routing: id_space", "says something else", 1, "'physical', not 'logical'",
                [](hid_t f) { textAttribute(f, "routing", "id_space", "physical"); }},
            {"k", "routing: k_fixed", "contradicts top_k", 1, "",
                [](hid_t f) { integerAttribute(f, "routing", "k_fixed", 1); }},
            {"axis", "sequence", "is an axis of another length", 1, "not ",
                [](hid_t f) { replace(f, "sequence", {3}, std::vector<float>(3)); }},
            {"offset", "sequences/offset", "a sequence begins elsewhere", 1, "sequence 1: at token 1, not ",
                [](hid_t f) { poke(f, "sequences/offset", {1}, 1); }},
            {"length", "sequences/length", "the sequences hold another number of tokens", 1, "not 5000",
                [](hid_t f) { poke(f, "sequences/length", {0}, 1); }},
            {"prompt", "sequences/prompt_length", "a prompt is longer", 1, "sequence 3: 4000 of ",
                [](hid_t f) { poke(f, "sequences/prompt_length", {3}, 4000); }},
            {"names", "sequences/name", "is not a list of ", 1, "",
                [](hid_t f) { replace(f, "sequences/name", {2}, std::vector<float>(2)); }},
            {"code", "sequences/labels/language/codes", "a code has no value", 1, "sequence 1: code 99 of 3 values",
                [](hid_t f) { poke(f, "sequences/labels/language/codes", {1}, 99); }},
            {"two labels", "sequences/labels", "two labels have one name", 1, "'language'",
                [](hid_t f) { textAttribute(f, "sequences/labels/topic%2Fsub", "name", "language"); }},
            {"position", "tokens/position", "is another position", 1, "token 0: 9, not 0",
                [](hid_t f) { poke(f, "tokens/position", {0}, 9); }},
            {"sequence of a token", "tokens/sequence", "names another sequence", 1, ": 7, not 1",
                [=](hid_t f) { poke(f, "tokens/sequence", {hsize_t(second)}, 7); }},
            {"phase", "tokens/phase", "contradicts prompt_length", 1, "token 0: 2, not 1",
                [](hid_t f) { poke(f, "tokens/phase", {0}, 2); }},
            {"token id", "tokens/token_id", "an id is out of range", 1, "token 100: -7",
                [](hid_t f) { poke(f, "tokens/token_id", {100}, -7); }},
            {"token without a piece", "tokens/token_id", "an id is not in vocab/id", 1, "token 100: 77",
                [](hid_t f) { poke(f, "tokens/token_id", {100}, 77); }},
            {"loss", "tokens/loss", "is below zero or infinite", 1, "token 3: -1",
                [](hid_t f) { poke(f, "tokens/loss", {3}, -1); }},
            {"pieces", "vocab/piece_offsets", "goes back", 1, "offset 5: 0",
                [](hid_t f) { poke(f, "vocab/piece_offsets", {5}, 0); }},
            {"vocabulary", "vocab/id", "does not ascend", 1, "entry 9",
                [](hid_t f) { poke(f, "vocab/id", {9}, 0); }},
        };
    }

private slots:
    void initTestCase()
    {
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        auto writer = TraceWriter::create(path("good.h5"), m_reference.plan);
        QVERIFY(writer);
        QVERIFY(feedTokenMajor(**writer, m_reference, 1000));
        QVERIFY((*writer)->finish(true));
    }

    void goodTracesHaveNothing()
    {
        const auto nothing = [](const Expected<TraceCheck>& check, const char* name) {
            QVERIFY2(check, check ? "" : check.error().message().c_str());
            for (const TraceFinding& found : check->findings)
                QFAIL((name + (": " + found.where) + ": " + found.what + ": " + found.first).c_str());
        };
        const auto whole = checkTrace(path("good.h5"));
        nothing(whole, "whole");
        QCOMPARE(whole->pairs, 10000u);
        std::uint64_t dropped = 0; // the fixture drops some tokens whole
        for (std::size_t pair = 0; pair < 10000; ++pair)
            dropped += m_reference.ids[pair * 4] == kNoExpert;
        QVERIFY(dropped > 10);
        QCOMPARE(whole->fewerChoices, dropped);
        // One that was stopped, of which a column of tokens lags behind.
        auto writer = TraceWriter::create(path("stopped.h5"), m_reference.plan);
        QVERIFY(writer);
        QVERIFY(feedTokenMajor(**writer, m_reference, 1000, 0, 3000));
        auto last = cut(m_reference, 3000, 500, 0, 2);
        last.slab.loss = {};
        last.slab.predictedIds = {};
        QVERIFY((*writer)->append(last.slab));
        QVERIFY((*writer)->finish(false));
        nothing(checkTrace(path("stopped.h5")), "stopped");
        // Ids, weights and tables as another program may store them.
        std::vector<std::int64_t> wide;
        for (const auto id : m_reference.ids)
            wide.push_back(id == kNoExpert ? -1 : id);
        std::filesystem::copy_file(path("good.h5"), path("others.h5"));
        const auto f = H5Fopen(path("others.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        replace(f, "routing/expert_id", {5000, 2, 4}, wide, H5T_STD_I32LE);
        H5Fclose(f);
        const auto others = checkTrace(path("others.h5"));
        nothing(others, "others");
        QCOMPARE(others->fewerChoices, dropped);
    }

    void whatIsWrongIsFound_data()
    {
        QTest::addColumn<int>("index");
        int index = 0;
        for (const auto& c : cases())
            QTest::addRow("%s", c.name) << index++;
    }
    void whatIsWrongIsFound()
    {
        QFETCH(int, index);
        const auto c = cases()[std::size_t(index)];
        std::filesystem::copy_file(path("good.h5"), path("bad.h5"), std::filesystem::copy_options::overwrite_existing);
        const auto f = H5Fopen(path("bad.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        QVERIFY(f >= 0);
        c.mutate(f);
        H5Fclose(f);
        const auto check = checkTrace(path("bad.h5"));
        QVERIFY2(check, check ? "" : check.error().message().c_str());
        std::string all;
        for (const TraceFinding& found : check->findings) {
            all += found.where + ": " + found.what + ", " + std::to_string(found.count) + ", " + found.first + "\n";
            if (found.where == c.where && found.what.starts_with(c.what)) {
                QCOMPARE(found.count, c.count);
                QVERIFY2(found.first.find(c.first) != std::string::npos, found.first.c_str());
                return;
            }
        }
        QFAIL(("not found among\n" + all).c_str());
    }

    void theCommandsSayIt()
    {
        const auto program = QStringLiteral(EXPERTSCOPE_BIN_DIR "/expertscope");
        if (!QFile::exists(program))
            QSKIP("expertscope is not built");
        struct Outcome
        {
            int status;
            QString out, err;
        };
        const auto run = [&](const QStringList& arguments) {
            QProcess process;
            process.start(program, arguments);
            process.waitForFinished(30000);
            return Outcome{process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
        };
        std::filesystem::copy_file(path("good.h5"), path("bad.h5"), std::filesystem::copy_options::overwrite_existing);
        const QString good = m_folder.filePath("good.h5"), bad = m_folder.filePath("bad.h5");
        const auto f = H5Fopen(path("bad.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        for (const hsize_t slot : {0, 1, 2, 3})
            poke(f, "routing/expert_id", {0, 0, slot}, 5);
        integerAttribute(f, "/", "planned_tokens", 6000);
        H5Fclose(f);
        QCOMPARE(run({"info", good, "--check"}).status, 0);
        QVERIFY(run({"info", good, "--check"}).out.contains("nothing contradicts the format or itself"));
        QCOMPARE(run({"info", bad}).status, 0); // not looked for
        const Outcome found = run({"info", bad, "--check"});
        QCOMPARE(found.status, 1);
        QVERIFY2(found.out.contains("routing/expert_id: the same expert twice in a token, 3 times, first at token 0, site 0: "
                                    "expert 5 in slot 1\n"),
            qPrintable(found.out));
        QVERIFY(found.out.contains("complete: says that every planned token is there: 6000 planned, 5000 there\n"));
        QCOMPARE(found.err, "expertscope info: " + bad + ": 2 things in it are wrong\n");
        const Outcome json = run({"info", bad, "--check", "--json"});
        QCOMPARE(json.status, 1);
        const QJsonArray list = QJsonDocument::fromJson(json.out.toUtf8())["check"]["findings"].toArray();
        QCOMPARE(list.size(), 2);
        QCOMPARE(list[1]["where"].toString(), QString("routing/expert_id"));
        QCOMPARE(list[1]["count"].toInt(), 3);
        // So does repair, which has nothing else to do here.
        QCOMPARE(run({"repair", good}).status, 0);
        const Outcome repair = run({"repair", bad});
        QCOMPARE(repair.status, 1);
        QVERIFY(repair.out.contains("nothing to repair") && repair.out.contains("the same expert twice in a token"));
    }

    void layersThatAreNoRangeAreListed_data()
    {
        QTest::addColumn<QList<int>>("layers");
        QTest::addColumn<QString>("text");
        QTest::newRow("one") << QList<int>{3} << "layer 3,";
        QTest::newRow("range") << QList<int>{3, 4, 5} << "layers 3-5,";
        QTest::newRow("two") << QList<int>{1, 4} << "layers 1, 4,";
        QTest::newRow("every second") << QList<int>{1, 3, 5, 7} << "layers 1, 3, …, 7,";
        QTest::newRow("three") << QList<int>{1, 3, 5} << "layers 1, 3, 5,";
        QTest::newRow("holes") << QList<int>{0, 1, 2, 5, 8, 9} << "layers 0-2, 5, 8, 9,";
        QTest::newRow("twice") << QList<int>{2, 2, 3} << "layers 2, 2, 3,";
    }
    void layersThatAreNoRangeAreListed()
    {
        QFETCH(QList<int>, layers);
        QFETCH(QString, text);
        const auto program = QStringLiteral(EXPERTSCOPE_BIN_DIR "/expertscope");
        if (!QFile::exists(program))
            QSKIP("expertscope is not built");
        Shape shape{.tokens = 20};
        shape.sites.assign(std::size_t(layers.size()), {8, 2});
        auto reference = make(shape);
        for (int i = 0; i < layers.size(); ++i)
            reference.plan.sites[std::size_t(i)].layer = std::uint16_t(layers[i]);
        const QString file = m_folder.filePath("layers.h5");
        auto writer = TraceWriter::create(file.toStdString(), reference.plan);
        QVERIFY(writer && feedTokenMajor(**writer, reference, 20) && (*writer)->finish(true));
        QProcess process;
        process.start(program, {"info", file});
        QVERIFY(process.waitForFinished(30000));
        const QString out = QString::fromUtf8(process.readAllStandardOutput());
        QVERIFY2(out.contains(": " + text), qPrintable(out));
    }

    void whatIsNoTraceIsAnError()
    {
        QVERIFY(!checkTrace(path("nothing.h5")));
        const auto stopped = checkTrace(path("good.h5"), [](double) { return false; });
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().what, std::string("cancelled"));
        double last = 0;
        QVERIFY(checkTrace(path("good.h5"), [&](double done) {
            last = done >= last && done <= 1 ? done : 2;
            return true;
        }));
        QVERIFY(last > 0 && last <= 1);
    }
};

EXPERTSCOPE_TEST(TestTraceCheck)
#include "tst_trace_check.moc"
