// SPDX-License-Identifier: MIT
// The seam's promises about containers' lives, names and ports.
#include "docker/engine_json.hpp"
#include "tests/docker/contract.hpp"

#include <set>

namespace dockhost::test {
namespace {

TEST_P(engine_contract, info_says_what_the_engine_is) {
  const auto info = await<engine_result<docker::engine_info>>(
      [&](auto done) { engine().info(limit, std::move(done)); });
  ASSERT_TRUE(info.ok()) << info.err().message;
  EXPECT_FALSE(info->version.empty());
  EXPECT_EQ(info->api_version.substr(0, 2), "1.");
  EXPECT_FALSE(info->storage_driver.empty());
  EXPECT_GT(info->memory_bytes, 0);
  EXPECT_GT(info->cpus, 0);
  EXPECT_FALSE(info->remote);
  EXPECT_EQ(info->published_host, "127.0.0.1");
}

TEST_P(engine_contract, a_created_container_is_told_whole_and_removed_once) {
  auto s = spec("whole");
  s.labels["dockhost.with.equals"] = "a=b, \"c\"";
  s.hostname = "somehost";
  s.env = {"A=1", "B=two words", "EMPTY="};
  const auto port = world->free_port();
  s.ports = {{80, "127.0.0.1", world->free_port()}, {22, "", port}};
  const auto id = created(s);
  EXPECT_EQ(id.size(), 64U);

  const auto details = inspect(id);
  ASSERT_TRUE(details.ok()) << details.err().message;
  EXPECT_EQ(details->id, id);
  EXPECT_EQ(details->name, s.name);
  EXPECT_EQ(details->image, s.image);
  EXPECT_EQ(details->status, "created");
  EXPECT_EQ(details->created.size() > 19 ? details->created[10] : '?', 'T');
  EXPECT_EQ(details->pid, 0);
  EXPECT_FALSE(details->tty);
  for (const auto& [label, value] : s.labels)
    EXPECT_EQ(details->labels.at(label), value);
  ASSERT_EQ(details->configured_ports.size(), 2U);
  EXPECT_EQ(details->configured_ports[0], (docker::port_binding{22, "", port}));
  EXPECT_EQ(details->configured_ports[1].host_ip, "127.0.0.1");
  EXPECT_TRUE(details->bound_ports.empty());

  const auto found = list({"dockhost.test=" + s.name});
  ASSERT_TRUE(found.ok()) << found.err().message;
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().id, id);
  EXPECT_EQ(found->front().name, s.name);
  EXPECT_EQ(found->front().status, "created");
  EXPECT_EQ(found->front().labels.at("dockhost.with.equals"), "a=b, \"c\"");
  EXPECT_GT(found->front().created_unix, 1'600'000'000);
  EXPECT_TRUE(found->front().ports.empty());

  EXPECT_EQ(effect_of(remove(id)), "changed");
  EXPECT_EQ(code_of(inspect(id)), "not_found");
  EXPECT_EQ(effect_of(remove(id)), "already");
  EXPECT_TRUE(list({"dockhost.test=" + s.name})->empty());
}

TEST_P(engine_contract, list_wants_every_label) {
  auto one = spec("one"), two = spec("two");
  one.labels["shared"] = two.labels["shared"] = names[0];
  one.labels["kind"] = "first";
  created(one);
  created(two);
  EXPECT_EQ(list({"shared=" + names[0]})->size(), 2U);
  EXPECT_EQ(list({"shared=" + names[0], "kind"})->size(), 1U);
  EXPECT_EQ(list({"shared=" + names[0], "kind=second"})->size(), 0U);
  EXPECT_GE(list({})->size(), 2U);
}

TEST_P(engine_contract, a_container_is_found_by_id_prefix_and_name) {
  const auto s = spec("found");
  const auto id = created(s);
  EXPECT_EQ(inspect(id)->id, id);
  EXPECT_EQ(inspect(id.substr(0, 20))->id, id);
  EXPECT_EQ(inspect(s.name)->id, id);
}

TEST_P(engine_contract, a_word_that_names_no_container_is_not_found_for_every_call) {
  const std::string words[] = {"no-such-container-here",
                               "",
                               "..",
                               "../containers",
                               "--help",
                               "-f",
                               "a b",
                               "a;id",
                               "$(id)",
                               "a/b",
                               "a:/etc",
                               std::string("a\0b", 3),
                               "\xff\xfe",
                               std::string(300, 'x'),
                               std::string(200'000, 'y')};
  for (const auto& word : words) {
    SCOPED_TRACE(word.substr(0, 20));
    EXPECT_EQ(code_of(inspect(word)), "not_found");
    EXPECT_EQ(code_of(start(word)), "not_found");
    EXPECT_EQ(code_of(stop(word)), "not_found");
    EXPECT_EQ(code_of(get(word, "/etc/hostname")), "not_found");
  }
  for (const auto& word : {std::string("no-such-container-here"), std::string("--help")}) {
    EXPECT_EQ(code_of(pause(word)), "not_found");
    EXPECT_EQ(code_of(unpause(word)), "not_found");
    EXPECT_EQ(code_of(put(word, std::string(1024, '\0'))), "not_found");
    EXPECT_EQ(effect_of(remove(word)), "already");
  }
}

TEST_P(engine_contract, a_name_is_given_once) {
  const auto s = spec("lock");
  created(s);
  EXPECT_EQ(code_of(create(s)), "name_taken");
}

TEST_P(engine_contract, of_two_creates_at_once_one_gets_the_name) {
  const auto s = spec("race");
  answer_box<engine_result<std::string>> first, second;
  engine().create(s, limit, first.callback());
  engine().create(s, limit, second.callback());
  std::multiset<std::string> codes{code_of(first.get()), code_of(second.get())};
  EXPECT_EQ(codes, (std::multiset<std::string>{"name_taken", "ok"}));
}

TEST_P(engine_contract, create_tells_a_missing_image_and_bad_words_apart) {
  auto s = spec("bad");
  s.image = world->missing_image();
  EXPECT_EQ(code_of(create(s)), "no_such_image");
  EXPECT_EQ(code_of(inspect(s.name)), "not_found");
  s.image = world->image();
  for (const auto* word : {"", "x", "a b", "../x", "--help", "-v"}) {
    s.name = word;
    EXPECT_EQ(code_of(create(s)), "bad_request") << word;
  }
}

TEST_P(engine_contract, start_and_stop_say_whether_they_changed_anything) {
  auto s = spec("life");
  const auto port = world->free_port();
  s.ports = {{22, "", port}};
  const auto id = created(s);
  EXPECT_EQ(effect_of(stop(id)), "already");
  EXPECT_EQ(effect_of(start(id)), "changed");
  EXPECT_EQ(effect_of(start(id)), "already");

  auto details = inspect(id);
  EXPECT_EQ(details->status, "running");
  EXPECT_GT(details->pid, 0);
  ASSERT_EQ(details->bound_ports.size(), 1U);
  EXPECT_EQ(details->bound_ports[0], (docker::port_binding{22, "", port}));
  const auto summary = list({"dockhost.test=" + s.name});
  ASSERT_EQ(summary->front().ports.size(), 1U);
  EXPECT_EQ(summary->front().ports[0], (docker::port_binding{22, "", port}));
  const auto begun = docker::start_of(*details);
  EXPECT_GT(begun.unix, 0);
  EXPECT_NE(summary->front().started, start_time()) << "listings tell it, if not exactly";
  EXPECT_EQ(settled_start(begun, summary->front().started), begun);

  EXPECT_EQ(effect_of(stop(id)), "changed");
  EXPECT_EQ(list({"dockhost.test=" + s.name})->front().started, start_time());
  EXPECT_EQ(effect_of(stop(id)), "already");
  details = inspect(id);
  EXPECT_EQ(details->status, "exited");
  EXPECT_EQ(details->configured_ports.size(), 1U);
  EXPECT_TRUE(details->bound_ports.empty());
  EXPECT_GE(details->finished_at, details->started_at);
  EXPECT_EQ(effect_of(start(id)), "changed");
}

TEST_P(engine_contract, ports_of_udp_are_others_than_those_of_tcp) {
  auto s = spec("udp");
  const auto port = world->free_port();
  s.ports = {{53, "", port, "udp"}, {53, "", port}};
  const auto id = created(s);
  EXPECT_EQ(effect_of(start(id)), "changed");
  const auto details = inspect(id);
  const std::vector<docker::port_binding> both = {{53, "", port}, {53, "", port, "udp"}};
  EXPECT_EQ(details->configured_ports, both);
  EXPECT_EQ(details->bound_ports, both);
  EXPECT_EQ(list({"dockhost.test=" + s.name})->front().ports, both);
}

TEST_P(engine_contract, start_of_a_paused_is_a_conflict) {
  const auto id = created(spec("paused"));
  EXPECT_EQ(code_of(pause(id)), "conflict"); // it does not run
  EXPECT_EQ(effect_of(unpause(id)), "already");
  EXPECT_EQ(effect_of(start(id)), "changed");
  EXPECT_EQ(effect_of(unpause(id)), "already");
  EXPECT_EQ(effect_of(pause(id)), "changed");
  EXPECT_EQ(effect_of(pause(id)), "already");
  EXPECT_EQ(status(id), "paused");
  EXPECT_EQ(code_of(start(id)), "conflict");
  EXPECT_EQ(effect_of(unpause(id)), "changed");
  EXPECT_EQ(status(id), "running");
  EXPECT_EQ(effect_of(pause(id)), "changed");
  EXPECT_EQ(effect_of(remove(id)), "changed");
}

TEST_P(engine_contract, a_port_of_another_process_is_taken) {
  auto s = spec("foreign");
  const auto port = world->free_port();
  s.ports = {{22, "", port}};
  world->occupy(port);
  const auto id = created(s);
  const auto started = start(id);
  EXPECT_EQ(code_of(started), "port_taken") << (started ? "" : started.err().message);
  EXPECT_EQ(status(id), "created");
  EXPECT_EQ(effect_of(remove(id)), "changed");
}

TEST_P(engine_contract, a_port_of_another_container_is_taken_while_that_runs) {
  auto one = spec("holder"), two = spec("second");
  one.ports = {{22, "", world->free_port()}};
  two.ports = one.ports;
  const auto holder = created(one);
  ASSERT_EQ(effect_of(start(holder)), "changed");
  const auto second = created(two); // ports count at the start only
  EXPECT_EQ(code_of(start(second)), "port_taken");
  EXPECT_EQ(effect_of(remove(second)), "changed");
  EXPECT_EQ(effect_of(remove(holder)), "changed");
  const auto again = created(two);
  EXPECT_EQ(effect_of(start(again)), "changed");
}

TEST_P(engine_contract, images_are_there_or_not) {
  EXPECT_EQ(has_image(world->image()).value(), true);
  EXPECT_EQ(has_image(world->missing_image()).value(), false);
  for (const auto* word : {"", "--help", "a b", "../x", "a//b"})
    EXPECT_EQ(code_of(has_image(word)), "bad_request") << word;
}

TEST_P(engine_contract, no_image_and_no_way_to_pull_it) {
  const auto pulled = pull(world->missing_image());
  ASSERT_FALSE(pulled.ok());
  EXPECT_TRUE(pulled.err().code == engine_errc::no_such_image ||
              pulled.err().code == engine_errc::failed)
      << code_of(pulled);
  EXPECT_FALSE(pulled.err().message.empty());
  EXPECT_EQ(has_image(world->missing_image()).value(), false);
  EXPECT_EQ(code_of(pull("--help")), "bad_request");
}

TEST_P(engine_contract, a_network_is_made_once_and_containers_start_on_it) {
  docker::network_spec network;
  network.name = "contract-net-" + std::to_string(::getpid());
  network.labels = {{"dockhost.test", "1"}};
  networks.push_back(network.name);
  using docker::network_effect;
  EXPECT_EQ(ensure_network(network).value(), network_effect::made);
  EXPECT_EQ(ensure_network(network).value(), network_effect::isolated);
  network.name += "-open";
  network.inter_container = true;
  networks.push_back(network.name);
  EXPECT_EQ(ensure_network(network).value(), network_effect::made);
  network.inter_container = false; // one that is there is left as it is
  EXPECT_EQ(ensure_network(network).value(), network_effect::open);
  network.name = "bridge"; // the engine's own
  EXPECT_EQ(ensure_network(network).value(), network_effect::open);
  auto s = spec("net");
  s.network = networks[0];
  const auto id = created(s);
  EXPECT_EQ(effect_of(start(id)), "changed");
  EXPECT_EQ(effect_of(remove(id)), "changed");
}

TEST_P(engine_contract, a_missing_network_is_not_a_missing_container) {
  auto s = spec("nonet");
  s.network = "contract-no-such-network";
  const auto id = create(s);
  if (id) {
    EXPECT_EQ(code_of(start(*id)), "failed");
  } else {
    EXPECT_EQ(code_of(id), "failed"); // newer engines look already then
  }
}

} // namespace
} // namespace dockhost::test
