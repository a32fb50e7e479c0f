// Which addresses a model may reach: those of the public network. Everything else is this machine, its network, a cloud's
// metadata service, or a way around this list.
import { BlockList, isIP } from 'node:net'

// One list for each: a list of both would take an IPv4 address for an IPv6 one that carries it.
const NOT_PUBLIC = { ipv4: new BlockList(), ipv6: new BlockList() }
for (const subnet of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
])
  add(subnet, 'ipv4')
// All of IPv6 that is not handed out, documentation, and what carries an IPv4 address inside.
for (const subnet of ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])
  add(subnet, 'ipv6')

export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 0) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  return !NOT_PUBLIC[family].check(address, family)
}

function add(subnet: string, family: 'ipv4' | 'ipv6'): void {
  const [network = '', bits = ''] = subnet.split('/')
  NOT_PUBLIC[family].addSubnet(network, Number(bits), family)
}
