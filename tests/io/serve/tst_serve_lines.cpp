// SPDX-License-Identifier: GPL-3.0-or-later
//
// The lines between a resident expertscope-capture and who asks it: what is written is read as the same, and nothing
// that comes out of a pipe does more than become one error.
#include "io/serve/line_splitter.h"
#include "io/serve/serve_reply.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

using namespace expertscope;

namespace {

ServedRouting someRouting()
{
    ServedRouting r;
    r.id = 7;
    r.tokenIds = {1, 2, 30000};
    r.bytes = "a\xe2\x82\n";
    r.offsets = {0, 1, 3, 4};
    r.numSlots = 2;
    std::mt19937 random(3);
    for (int s = 0; s < 2; ++s) {
        ServedSite site;
        site.numExperts = 5;
        site.expertIds = {4, 0, 1, kNoExpert, 3, 2};
        const auto any = [&](std::size_t count) {
            std::vector<float> values;
            while (values.size() < count) { // any bits there are: each has to come back
                const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
                if (std::isfinite(value))
                    values.push_back(value);
            }
            return values;
        };
        site.weights = any(6);
        site.weights[3] = std::numeric_limits<float>::quiet_NaN();
        site.entropy = any(3);
        site.margin = {0.0f, -0.0f, 16777216.0f};
        site.logits = any(15);
        r.sites.push_back(std::move(site));
    }
    return r;
}

bool sameBits(const std::vector<float>& a, const std::vector<float>& b)
{
    return std::ranges::equal(a, b, [](float x, float y) {
        return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y) || (std::isnan(x) && std::isnan(y));
    });
}

std::string withoutEnd(std::string line)
{
    line.pop_back();
    return line;
}

}

class TestServeLines : public QObject
{
    Q_OBJECT
private slots:
    void requestsComeBack()
    {
        ServeRequest text, ids, cancel, stop;
        text.id = 3;
        text.text = "Ein \"Wort\"\n\\ \x01 \xf0\x9f\x98\x80";
        text.logits = true;
        ids.id = std::numeric_limits<std::uint64_t>::max();
        ids.tokenIds = {0, 5, std::numeric_limits<std::int32_t>::max()};
        cancel.kind = ServeRequest::Kind::Cancel;
        cancel.id = 3;
        stop.kind = ServeRequest::Kind::Stop;
        for (const ServeRequest& request : {text, ids, cancel, stop}) {
            std::optional<std::uint64_t> id;
            const auto again = parseServeRequest(withoutEnd(lineOf(request)), id);
            VERIFY_OK(again);
            QVERIFY(*again == request);
        }
    }

    void requestsThatAreNone_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("no JSON") << QByteArray("hello") << QByteArray("JSON");
        QTest::newRow("list") << QByteArray("[]") << QByteArray("no object");
        QTest::newRow("no request") << QByteArray("{\"id\":1}") << QByteArray("'request'");
        QTest::newRow("another") << QByteArray("{\"request\":\"burn\"}") << QByteArray("'burn'");
        QTest::newRow("no id") << QByteArray("{\"request\":\"route\",\"text\":\"a\"}") << QByteArray("no id");
        QTest::newRow("negative id") << QByteArray("{\"request\":\"cancel\",\"id\":-1}") << QByteArray("whole number");
        QTest::newRow("nothing") << QByteArray("{\"request\":\"route\",\"id\":1}") << QByteArray("either");
        QTest::newRow("both") << QByteArray("{\"request\":\"route\",\"id\":1,\"text\":\"a\",\"token_ids\":[1]}")
                              << QByteArray("either");
        QTest::newRow("intervention") << QByteArray("{\"request\":\"route\",\"id\":1,\"text\":\"a\",\"mask_experts\":[3]}")
                                      << QByteArray("'mask_experts'");
        QTest::newRow("number") << QByteArray("{\"request\":\"route\",\"id\":1,\"text\":3}") << QByteArray("no text");
        QTest::newRow("token") << QByteArray("{\"request\":\"route\",\"id\":1,\"token_ids\":[1,-2]}")
                               << QByteArray("token 1");
        QTest::newRow("too many") << QByteArray("{\"request\":\"route\",\"id\":1,\"token_ids\":[1")
                + QByteArray(",1").repeated(kServeTokens) + "]}" << QByteArray("8193 tokens");
        QTest::newRow("twice") << QByteArray("{\"request\":\"stop\",\"request\":\"route\"}") << QByteArray("request");
        QTest::newRow("deep") << QByteArray("[").repeated(100000) << QByteArray("deep");
        QTest::newRow("half a pair") << QByteArray("{\"request\":\"route\",\"id\":1,\"text\":\"\\ud800\"}")
                                     << QByteArray("request");
    }

    void requestsThatAreNone()
    {
        QFETCH(const QByteArray, line);
        QFETCH(const QByteArray, says);
        std::optional<std::uint64_t> id;
        const auto request = parseServeRequest(line.toStdString(), id);
        QVERIFY(!request);
        const std::string message = request.error().message();
        QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
        QVERIFY(message.find('\n') == std::string::npos);
    }

    void anErrorNamesTheRequest()
    {
        std::optional<std::uint64_t> id;
        QVERIFY(!parseServeRequest("{\"request\":\"route\",\"id\":12,\"text\":\"a\",\"what\":1}", id));
        QVERIFY(id == 12u);
    }

    void repliesComeBack()
    {
        const ServedRouting routing = someRouting();
        const auto read = parseServeReply(withoutEnd(lineOf(routing)));
        VERIFY_OK(read);
        const auto& again = std::get<ServedRouting>(*read);
        QCOMPARE(again.id, routing.id);
        QCOMPARE(again.tokenIds, routing.tokenIds);
        QCOMPARE(again.bytes, routing.bytes);
        QCOMPARE(again.offsets, routing.offsets);
        QVERIFY(again.token(1) == "\xe2\x82");
        for (std::size_t s = 0; s < 2; ++s) {
            QCOMPARE(again.sites[s].expertIds, routing.sites[s].expertIds);
            QVERIFY(sameBits(again.sites[s].weights, routing.sites[s].weights));
            QVERIFY(sameBits(again.sites[s].entropy, routing.sites[s].entropy));
            QVERIFY(sameBits(again.sites[s].margin, routing.sites[s].margin));
            QVERIFY(sameBits(again.sites[s].logits, routing.sites[s].logits));
        }

        ServeCapabilities capabilities;
        capabilities.program = "x";
        capabilities.layers = {0, 2};
        capabilities.experts = {8, 16};
        capabilities.topK = {2, 2};
        capabilities.requests = {"route"};
        capabilities.loadSeconds = 0.5;
        const auto told = parseServeReply(withoutEnd(lineOf(capabilities)));
        VERIFY_OK(told);
        QVERIFY(std::get<ServeCapabilities>(*told) == capabilities);
        capabilities.version = 2;
        QVERIFY(parseServeReply(withoutEnd(lineOf(capabilities))).error().message().find("version 2") != std::string::npos);
    }

    /// Whatever is struck by chance: an error, or what the header promises.
    void damagedReplies()
    {
        const std::string whole = withoutEnd(lineOf(someRouting()));
        std::mt19937 random(11);
        int refused = 0;
        for (int i = 0; i < 3000; ++i) {
            std::string line = whole;
            for (unsigned n = 1 + random() % 3; n > 0; --n) {
                const std::size_t at = random() % line.size();
                switch (random() % 3) {
                case 0:
                    line[at] = static_cast<char>(random());
                    break;
                case 1:
                    line.erase(at, 1 + random() % 8);
                    break;
                default:
                    line.insert(at, 1, "0123456789[]{},-\"e"[random() % 18]);
                }
            }
            const auto read = parseServeReply(line);
            if (!read) {
                ++refused;
                QVERIFY(!read.error().message().empty());
                continue;
            }
            if (const auto* routing = std::get_if<ServedRouting>(&*read)) {
                for (std::size_t t = 0; t < routing->numTokens(); ++t) {
                    QVERIFY(routing->token(t).size() <= routing->bytes.size());
                    for (std::size_t s = 0; s < routing->sites.size(); ++s) {
                        for (const auto expert : routing->experts(s, t))
                            QVERIFY(expert == kNoExpert || expert < routing->sites[s].numExperts);
                    }
                }
            }
        }
        QVERIFY(refused > 1000);
    }

    void linesAreCut()
    {
        const std::string stream = "one\n\ntwo\r\n" + std::string(50, 'x') + "\nthree\n" + std::string(5, 'y');
        for (std::size_t piece = 1; piece < stream.size(); ++piece) {
            LineSplitter lines(10);
            QStringList got;
            for (std::size_t at = 0; at < stream.size(); at += piece) {
                lines.add(std::string_view(stream).substr(at, piece));
                while (const auto line = lines.next())
                    got << (line->tooLong ? QString("too long") : QString::fromStdString(line->text));
            }
            QCOMPARE(got, QStringList({"one", "", "two", "too long", "three"}));
            QCOMPARE(lines.rest()->text, std::string("yyyyy"));
        }
    }
};

EXPERTSCOPE_TEST(TestServeLines)
#include "tst_serve_lines.moc"
