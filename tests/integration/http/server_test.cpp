#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_server.hpp"

namespace stepcast::http {
namespace {

using testing::HasSubstr;

Router small_router() {
  Router router;
  router.add(handler(Method::kGet, "/hello", [](Request&) { return Response::text("hello"); }));
  router.add(handler(Method::kPost, "/echo",
                     [](Request& request) { return Response::text(request.body); }));
  router.add(handler(
      Method::kPost, "/worker", [](Request& request) { return Response::text(request.body); },
      Runs::kOnWorker));
  router.add(handler(Method::kGet, "/hello/{name}", [](Request& request) {
    std::string text = request.parameters["name"];
    for (const auto& [key, value] : request.query) {
      text += "," + key + "=" + value;
    }
    return Response::text(text + "," + request.remote);
  }));
  router.add(handler(Method::kDelete, "/hello", [](Request&) { return Response::empty(); }));
  router.add(handler(Method::kGet, "/throws",
                     [](Request&) -> Response { throw std::runtime_error("secret detail"); }));
  router.add(handler(Method::kGet, "/split", [](Request&) {
    Response response = Response::text("x");
    response.headers.set("Location", "a\r\nb: c");
    return response;
  }));
  return router;
}

TEST(Server, AnswersManyRequestsOfOneConnection) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.get("/hello");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.headers.at("content-type"), "text/plain; charset=utf-8");
    EXPECT_THAT(answer.headers.at("date"), HasSubstr(" GMT"));
  }
}

TEST(Server, GivesHandlersTheDecodedTarget) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  EXPECT_EQ(client.get("//hello//a%20b/?x=1&y=%26").body, "a b,x=1,y=&,127.0.0.1");
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    const std::string body = std::to_string(i);
    requests += std::string("POST ") + (i % 2 == 0 ? "/worker" : "/echo") +
                " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  client.send(requests);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(client.read().body, std::to_string(i));
  }
}

TEST(Server, AnswersHeadWithTheHeadOfGet) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  client.send("HEAD /hello HTTP/1.1\r\n\r\nGET /hello HTTP/1.1\r\n\r\n");
  const auto head = client.read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "5");
  EXPECT_EQ(client.read().body, "hello");
}

TEST(Server, NamesTheMethodsOfAnAddress) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  const auto answer = client.ask("PUT /hello HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD, DELETE");
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(client.ask("BREW /hello HTTP/1.1\r\n\r\n").status, 405);
  EXPECT_EQ(client.get("/nothing").status, 404);
  EXPECT_EQ(client.ask("BREW /nothing HTTP/1.1\r\n\r\n").status, 404);
  EXPECT_EQ(client.get("/hello").status, 200) << "the connection is kept";
}

TEST(Server, RefusesTraversalAndGoesOn) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  EXPECT_EQ(client.get("/hello/../../etc/passwd").status, 400);
  EXPECT_EQ(client.get("/%00").status, 400);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST(Server, RefusesBodiesAboveTheLimitOfTheRoute) {
  const auto server = start_server(small_router());
  {
    RawClient client(server->port());
    const auto answer = client.ask("POST /echo HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n");
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.headers.at("connection"), "close");
  }
  RawClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i) {
    client.send(chunk);
  }
  EXPECT_EQ(client.read().status, 413);
}

TEST(Server, ReadsChunkedBodies) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  for (const char* path : {"/echo", "/worker"}) {
    EXPECT_EQ(
        client
            .ask(std::string("POST ") + path +
                 " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0"
                 "\r\nTrailer: t\r\n\r\n")
            .body,
        "abcdefg");
  }
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").status,
            400);
}

TEST(Server, RefusesAmbiguousFraming) {
  const auto server = start_server(small_router());
  for (const char* request :
       {"POST /echo HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET /hello\r\n\r\n",
        "GET /hello HTTP/1.1\r\nno colon\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n"}) {
    RawClient client(server->port());
    EXPECT_EQ(client.ask(request).status, 400) << request;
    EXPECT_TRUE(client.is_closed()) << request;
  }
}

TEST(Server, RefusesBodiesThatItWouldHaveToUnpack) {
  const auto server = start_server(small_router());
  const auto ask = [&](const std::string& fields) {
    RawClient client(server->port());
    const auto answer =
        client.ask("POST /echo HTTP/1.1\r\nContent-Length: 3\r\n" + fields + "\r\n\r\nabc");
    EXPECT_TRUE(answer.status == 200 || client.is_closed()) << fields;
    return answer.status;
  };
  EXPECT_EQ(ask("Content-Encoding: gzip"), 415);
  EXPECT_EQ(ask("Content-Encoding: br, gzip"), 415);
  EXPECT_EQ(ask("Content-Encoding: identity"), 200);
  RawClient client(server->port());
  EXPECT_EQ(client
                .ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                     "3\r\nabc\r\n0\r\n\r\n")
                .status,
            501);
}

TEST(Server, SendsContinueOnlyWhenTheBodyIsWanted) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  EXPECT_EQ(client.ask("abc").body, "abc");
  client.send("POST /none HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read().status, 404);
  EXPECT_TRUE(client.is_closed()) << "whether the body comes is not known";
}

TEST(Server, RefusesOtherExpectations) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nExpect: x\r\nContent-Length: 1\r\n\r\n").status,
            417);
}

TEST(Server, KeepsOldClientsOnlyWhenTheyAsk) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  EXPECT_EQ(
      client.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers.at("connection"),
      "keep-alive");
  EXPECT_EQ(client.ask("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, ClosesWhenAsked) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n").headers.at("connection"),
            "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, HidesWhatAHandlerThrows) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  const auto answer = client.get("/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(client.get("/split").status, 500) << "a header of two lines";
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST(Server, RefusesLongHeads) {
  const auto server = start_server(small_router(), {.max_header_bytes = 1024});
  RawClient client(server->port());
  const auto answer =
      client.ask("GET /hello HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_EQ(answer.status, 431);
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, ClosesWhenAHeadDoesNotArriveInTime) {
  const auto server = start_server(small_router(), {.header_timeout = milliseconds(200)});
  RawClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nX:");
  // Each byte is new life for a naive time-out.
  for (int i = 0; i < 30 && client.send("x"); ++i) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, ClosesIdleConnections) {
  const auto server = start_server(small_router(), {.idle_timeout = milliseconds(100)});
  RawClient silent(server->port());
  RawClient kept(server->port());
  EXPECT_EQ(kept.get("/hello").status, 200);
  EXPECT_TRUE(kept.is_closed());
  EXPECT_TRUE(silent.is_closed());
}

TEST(Server, AnswersWhenABodyStops) {
  const auto server = start_server(small_router(), {.idle_timeout = milliseconds(100)});
  RawClient client(server->port());
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc").status, 408);
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, AsksBeforeItHandles) {
  Router router;
  Route secret = handler(Method::kGet, "/secret", [](Request& request) {
    return Response::text(std::any_cast<std::string>(request.principal));
  });
  secret.permission = "ADMIN";
  router.add(std::move(secret));
  Server::Options options;
  options.before = [](Request& request, const Route& route) -> std::optional<Response> {
    if (route.permission == "ADMIN" && request.headers.find("X-Api-Key") != "key") {
      return Response::text("no", 403);
    }
    request.principal = std::string("admin");
    return std::nullopt;
  };
  const auto server = start_server(std::move(router), std::move(options));
  RawClient client(server->port());
  EXPECT_EQ(client.get("/secret").status, 403);
  EXPECT_EQ(client.ask("GET /secret HTTP/1.1\r\nx-api-key: key\r\n\r\n").body, "admin");
}

TEST(Server, ReportsEachAnswer) {
  std::mutex mutex;
  std::vector<std::string> lines;
  Server::Options options;
  options.on_answered = [&](const Request& request, int status, std::size_t bytes,
                            std::chrono::microseconds) {
    const std::lock_guard lock(mutex);
    lines.push_back(request.target + " " + std::to_string(status) + " " + std::to_string(bytes));
  };
  const auto server = start_server(small_router(), std::move(options));
  RawClient client(server->port());
  client.get("/hello?x=1");
  client.get("/..");
  server->stop(milliseconds(1000));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "/hello?x=1 200 5");
  EXPECT_THAT(lines[1], HasSubstr("/.. 400 "));
}

TEST(Server, RefusesConnectionsAboveTheLimit) {
  const auto server = start_server(small_router(), {.max_connections = 2});
  RawClient first(server->port());
  RawClient second(server->port());
  EXPECT_EQ(first.get("/hello").status, 200);
  EXPECT_EQ(second.get("/hello").status, 200);
  RawClient third(server->port());
  EXPECT_EQ(third.read().status, 503);
  first.disconnect();
  EXPECT_TRUE(eventually([&] {
    RawClient fourth(server->port());
    return fourth.get("/hello").status == 200;
  }));
}

TEST(Server, NamesTheAddressThatItCannotHave) {
  const auto server = start_server(small_router());
  const auto taken = Server::start(small_router(), {.port = server->port()});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::kNetwork);
  EXPECT_THAT(taken.error().message, HasSubstr(std::to_string(server->port())));
  const auto nowhere = Server::start(small_router(), {.address = "printer"});
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, HasSubstr("'printer'"));
}

TEST(Server, FinishesRequestsUnderWayWhenItStops) {
  std::atomic<bool> running{false};
  Router router = small_router();
  router.add(handler(
      Method::kGet, "/slow",
      [&](Request&) {
        running = true;
        std::this_thread::sleep_for(milliseconds(200));
        return Response::text("finished");
      },
      Runs::kOnWorker));
  const auto server = start_server(std::move(router));
  RawClient idle(server->port());
  EXPECT_EQ(idle.get("/hello").status, 200);
  RawClient client(server->port());
  client.send("GET /slow HTTP/1.1\r\n\r\nGET /hello HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return running.load(); }));
  server->stop(milliseconds(5000));
  const auto answer = client.read();
  EXPECT_EQ(answer.body, "finished");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(idle.is_closed());
  EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST(Server, BreaksOffWhatOutlastsTheGrace) {
  const auto server = start_server(small_router());
  RawClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  RawClient other(server->port());
  EXPECT_EQ(other.get("/hello").status, 200);  // the loop has seen both
  server->stop(milliseconds(20));
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, ServesFilesWithRanges) {
  const std::string file = testing::TempDir() + "stepcast_http_file.gcode";
  std::string content;
  for (int i = 0; i < 100'000; ++i) {
    content += "G1 X" + std::to_string(i) + "\n";
  }
  std::ofstream(file) << content;
  Router router;
  const auto serve = [](std::string path) {
    return [path](Request&) {
      Response response;
      response.file = path;
      return response;
    };
  };
  router.add(handler(Method::kGet, "/file", serve(file)));
  router.add(handler(Method::kGet, "/absent", serve(file + ".absent")));
  router.add(handler(Method::kGet, "/folder", serve(testing::TempDir())));
  const auto server = start_server(std::move(router));
  RawClient client(server->port());
  const auto whole = client.get("/file");
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, content);
  const auto part = client.ask("GET /file HTTP/1.1\r\nRange: bytes=300000-300099\r\n\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, content.substr(300'000, 100));
  EXPECT_EQ(
      client.ask("GET /file HTTP/1.1\r\nIf-None-Match: " + whole.headers.at("etag") + "\r\n\r\n")
          .status,
      304);
  client.send("HEAD /file HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read(true).headers.at("content-length"), std::to_string(content.size()));
  EXPECT_EQ(client.get("/absent").status, 404);
  EXPECT_EQ(client.get("/folder").status, 404);
}

}  // namespace
}  // namespace stepcast::http
