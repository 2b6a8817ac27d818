// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/tokenizer.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;

namespace {

/// A small file that loads, with one part of it replaced.
QByteArray file(const QByteArray& replace = {}, const QByteArray& by = {})
{
    QByteArray text =
        R"({"version":"1.0","truncation":null,"padding":null,)"
        R"("added_tokens":[{"id":3,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],)"
        R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"String":" "},"content":"_"}]},)"
        R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\s+|x"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]},)"
        R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[3],"tokens":["<s>"]}}},)"
        R"("decoder":{"type":"Sequence","decoders":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},{"type":"Fuse"}]},)"
        R"("model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}})";
    if (!replace.isEmpty()) {
        if (text.count(replace) != 1)
            qFatal("'%s' is there %d times", replace.constData(), int(text.count(replace)));
        text.replace(replace, by);
    }
    return text;
}

}

class TestMalformedTokenizer : public QObject
{
    Q_OBJECT
private slots:
    void theFileItselfLoads()
    {
        const auto tokenizer = Tokenizer::parse(file().toStdString(), "t.json");
        QVERIFY2(tokenizer.has_value(), tokenizer ? "" : tokenizer.error().message().c_str());
        QCOMPARE(*tokenizer->encode("abba"), std::vector<std::int32_t>({3, 2, 1, 0}));
    }

    void namesFileAndPlace_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("where");
        QTest::addColumn<QString>("what"); // is contained

        const auto row = [](const char* name, const QByteArray& json, const char* where, const char* what) {
            QTest::newRow(name) << json << QString(where) << QString(what);
        };
        row("empty", "", "t.json: byte", "not valid JSON");
        row("cut short", file().left(700), "t.json: byte", "not valid JSON");
        row("not JSON", "GGUF\x03", "t.json: byte", "not valid JSON");
        row("trailing text", file() + "x", "t.json: byte", "not valid JSON");
        row("invalid UTF-8", file("\"ab\":2", "\"a\xFF\":2"), "t.json: byte", "not valid JSON");
        row("lone surrogate", file("\"ab\":2", "\"\\ud800\":2"), "t.json: byte", "not valid JSON");
        row("an array", "[]", "t.json", "expected an object, found an array");
        row("null", "null", "t.json", "expected an object, found null");
        row("nested too deep", QByteArray(200, '['), "t.json", "nested deeper than 32");
        row("nested too deep inside",
            file("\"padding\":null", "\"padding\":" + QByteArray(40, '[') + QByteArray(40, ']')), "t.json: padding",
            "nested deeper than 32");
        row("a key twice", file("\"truncation\":null", "\"padding\":null"), "t.json", "'padding' is there twice");
        row("a token twice", file("\"ab\":2", "\"a\":2"), "t.json: model.vocab", "'a' is there twice");
        row("unknown version", file("1.0", "2.0"), "t.json: version", "unknown version '2.0'");
        row("unknown part", file("\"padding\"", "\"pudding\""), "t.json", "unknown option 'pudding'");
        row("no model", file("\"model\"", "\"modul\""), "t.json", "'model' is missing");
        row("padding is a number", file("\"padding\":null", "\"padding\":5"), "t.json: padding",
            "expected an object or null");

        row("Unigram", file("\"type\":\"BPE\"", "\"type\":\"Unigram\""), "t.json: model.type",
            "model 'Unigram' is not supported");
        row("WordPiece", file("\"type\":\"BPE\"", "\"type\":\"WordPiece\""), "t.json: model.type", "model 'WordPiece'");
        row("dropout", file("\"dropout\":null", "\"dropout\":0.1"), "t.json: model.dropout", "dropout is not 0");
        row("unknown model option", file("\"fuse_unk\"", "\"use_funk\""), "t.json: model", "unknown option 'use_funk'");
        row("option of the wrong kind", file("\"fuse_unk\":false", "\"fuse_unk\":\"no\""), "t.json: model.fuse_unk",
            "expected a boolean, found a string");
        row("suffix too long",
            file("\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"" + QByteArray(300, 'w') + "\""),
            "t.json: model.end_of_word_suffix", "longer than 256");
        row("vocabulary is a list", file("{\"a\":0,\"b\":1,\"ab\":2}", "[\"a\",\"b\"]"), "t.json: model.vocab",
            "expected an object, found an array");
        row("negative id", file("\"ab\":2", "\"ab\":-2"), "t.json: model.vocab", "id of 'ab' is not a whole number");
        row("huge id", file("\"ab\":2", "\"ab\":99999999999999999999"), "t.json: model.vocab",
            "id of 'ab' is not a whole number");
        row("fractional id", file("\"ab\":2", "\"ab\":2.5"), "t.json: model.vocab", "id of 'ab' is not a whole number");
        row("an id twice", file("\"ab\":2", "\"ab\":1"), "t.json: model.vocab", "two tokens have the id 1");
        row("no merges", file(",\"merges\":[[\"a\",\"b\"]]", ""), "t.json: model", "'merges' is missing");
        row("merge of three", file("[\"a\",\"b\"]", "[\"a\",\"b\",\"a\"]"), "t.json: model.merges[0]",
            "not a pair of strings");
        row("merge without space", file("[\"a\",\"b\"]", "\"ab\""), "t.json: model.merges[0]",
            "not two tokens with one space");
        row("merges of both kinds", file("[\"a\",\"b\"]", "[\"a\",\"b\"],\"a b\""), "t.json: model.merges[1]",
            "not a pair of strings");
        row("merge of an unknown token", file("[\"a\",\"b\"]", "[\"a\",\"b\"],[\"a\",\"c\"]"),
            "t.json: model.merges[1]", "'c' is not in the vocabulary");
        row("merge into an unknown token", file("[\"a\",\"b\"]", "[\"b\",\"a\"]"), "t.json: model.merges[0]",
            "merged token 'ba' is not in the vocabulary");

        row("unknown normalizer", file("\"type\":\"NFC\"", "\"type\":\"NFX\""),
            "t.json: normalizer.normalizers[0].type", "normalizer 'NFX' is not supported");
        row("Precompiled", file("\"type\":\"NFC\"", "\"type\":\"Precompiled\""),
            "t.json: normalizer.normalizers[0].type", "normalizer 'Precompiled'");
        row("normalizer without type", file("{\"type\":\"NFC\"}", "{}"), "t.json: normalizer.normalizers[0]",
            "'type' is missing");
        row("unknown pattern kind", file("{\"String\":\" \"}", "{\"Glob\":\"*\"}"),
            "t.json: normalizer.normalizers[1].pattern", "'Regex' is missing");

        row("unknown pre-tokenizer", file("\"type\":\"Split\"", "\"type\":\"Spleen\""),
            "t.json: pre_tokenizer.pretokenizers[0].type", "pre-tokenizer 'Spleen' is not supported");
        row("unknown behavior", file("\"Isolated\"", "\"Insulated\""),
            "t.json: pre_tokenizer.pretokenizers[0].behavior", "unknown value 'Insulated'");
        row("unknown split option", file("\"invert\":false", "\"invert\":false,\"limit\":3"),
            "t.json: pre_tokenizer.pretokenizers[0]", "unknown option 'limit'");
        const char* pattern = "t.json: pre_tokenizer.pretokenizers[0].pattern.Regex";
        row("unbalanced pattern", file("\\\\s+|x", "(a"), pattern, "'(' without ')'");
        row("unbalanced class", file("\\\\s+|x", "[a"), pattern, "'[' without ']'");
        row("backreference", file("\\\\s+|x", "(a)\\\\1"), pattern, "'\\1'");
        row("unknown property", file("\\\\s+|x", "\\\\p{Klingon}"), pattern, "property 'Klingon'");
        row("class intersection", file("\\\\s+|x", "[a-z&&b]"), pattern, "'&&'");
        row("absent operator", file("\\\\s+|x", "(?~x)"), pattern, "this kind of group");
        row("nothing to repeat", file("\\\\s+|x", "*a"), pattern, "quantifier");
        row("reversed range", file("\\\\s+|x", "[z-a]"), pattern, "this range");
        row("huge pattern", file("\\\\s+|x", QByteArray(70000, 'a')), pattern, "pattern longer than");
        row("nested groups", file("\\\\s+|x", QByteArray(5000, '(') + "a" + QByteArray(5000, ')')), pattern, "pattern");

        row("unknown decoder", file("\"type\":\"Fuse\"", "\"type\":\"CTC\""), "t.json: decoder.decoders[1].type",
            "decoder 'CTC' is not supported");
        row("unknown post-processor", file("\"TemplateProcessing\"", "\"Temple\""), "t.json: post_processor",
            "post-processor 'Temple' is not supported");
        row("unlisted special token", file("\"special_tokens\":{\"<s>\"", "\"special_tokens\":{\"<t>\""),
            "t.json: post_processor.single[0].SpecialToken.id", "'<s>' is not in special_tokens");
        row("unknown sequence", file("{\"Sequence\":{\"id\":\"B\"", "{\"Sequence\":{\"id\":\"C\""),
            "t.json: post_processor.pair[1].Sequence.id", "unknown sequence 'C'");
        row("ids and tokens differ", file("\"ids\":[3]", "\"ids\":[3,3]"),
            "t.json: post_processor.special_tokens.'<s>'", "differ in length");
        row("special id is text", file("\"ids\":[3]", "\"ids\":[\"3\"]"),
            "t.json: post_processor.special_tokens.'<s>'.ids", "not a whole number");

        row("added token without flag", file("\"lstrip\":false,", ""), "t.json: added_tokens[0]",
            "'lstrip' is missing");
        row("added token with another id", file("{\"id\":3", "{\"id\":7"), "t.json: added_tokens[0].id",
            "id 7 of '<s>' disagrees with the vocabulary, which makes it 3");
        row("added tokens are an object", file("\"added_tokens\":[", "\"added_tokens\":{},\"normalizer\":null,\"x\":["),
            "t.json", "");
        row("added token too long", file("\"content\":\"<s>\"", "\"content\":\"" + QByteArray(5000, 's') + "\""),
            "t.json: added_tokens[0].content", "longer than 4096");
    }

    void namesFileAndPlace()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, where);
        QFETCH(QString, what);
        const auto tokenizer = Tokenizer::parse(json.toStdString(), "t.json");
        QVERIFY(!tokenizer.has_value());
        const auto& error = tokenizer.error();
        const QByteArray message = QByteArray::fromStdString(error.message());
        QVERIFY2(QString::fromStdString(error.where).startsWith(where), message);
        QVERIFY2(QString::fromStdString(error.what).contains(what), message);
        QVERIFY2(!message.contains('\n') && message.size() < 500, message);
    }

    /// A vocabulary of a thousand bytes must not make room for two thousand million tokens.
    void sparseIdsCostNothing()
    {
        const auto tokenizer = Tokenizer::parse(
            file("\"ab\":2", "\"ab\":2000000000").replace("\"id\":3", "\"id\":3").toStdString(), "t.json");
        QVERIFY(tokenizer.has_value());
        QCOMPARE(tokenizer->vocabularySize(), 2000000001);
        QCOMPARE(*tokenizer->encode("ab", false), std::vector<std::int32_t>({2000000000}));
        QCOMPARE(tokenizer->tokenBytes(2000000000), std::string("ab"));
    }

    void anUnknownTokenThatIsNotThereIsAnErrorWhenNeeded()
    {
        const auto tokenizer =
            Tokenizer::parse(file("\"unk_token\":null", "\"unk_token\":\"<unk>\"").toStdString(), "t.json");
        QVERIFY(tokenizer.has_value());
        QVERIFY(tokenizer->encode("ab").has_value());
        const auto ids = tokenizer->encode("abc");
        QVERIFY(!ids.has_value());
        QVERIFY(QString::fromStdString(ids.error().what).contains("unk_token '<unk>'"));
    }

    /// A pattern that backtracks without end gives up with an error instead of hanging.
    void hostilePatternGivesUp()
    {
        const auto tokenizer = Tokenizer::parse(file("\\\\s+|x", "(?:(?:b|b|bb)+)+[cd]").toStdString(), "t.json");
        QVERIFY(tokenizer.has_value());
        const auto ids = tokenizer->encode(std::string(60, 'b'));
        QVERIFY(!ids.has_value());
        QVERIFY(QString::fromStdString(ids.error().what).contains("gives up"));
        QVERIFY(tokenizer->encode("ab").has_value()); // and the tokenizer is as good as before
    }
};

EXPERTSCOPE_TEST(TestMalformedTokenizer)
#include "tst_malformed_tokenizer.moc"
